//! The pages, in the order a worker meets them.

pub(crate) mod bind;
pub(crate) mod home;

pub(crate) mod capture;
pub(crate) mod category;
pub(crate) mod courier;
pub(crate) mod filed;
pub(crate) mod form;
pub(crate) mod place;

pub(crate) mod patrol;
pub(crate) mod report;
pub(crate) mod reports;
pub(crate) mod task;
pub(crate) mod tasks;

pub(crate) mod lock;
pub(crate) mod queue;
pub(crate) mod settings;
