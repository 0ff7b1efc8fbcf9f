//! What several pages use.

pub(crate) mod complaints;
pub(crate) mod field;
pub(crate) mod icon;
pub(crate) mod map;
pub(crate) mod notice;
pub(crate) mod photos;
pub(crate) mod report_row;
pub(crate) mod similar;
