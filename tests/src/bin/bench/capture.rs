//! A photo from shutter to durable.
use crate::figures::Figures;
pub(crate) fn run(_: &mut Figures) {}
