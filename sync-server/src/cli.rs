//! The longer commands of `gewu-server`, one noun a file.

pub(crate) mod archive;
pub(crate) mod backup;
pub(crate) mod ledger;
pub(crate) mod receipts;
pub(crate) mod recount;
pub(crate) mod route;
pub(crate) mod users;
pub(crate) mod verify;
