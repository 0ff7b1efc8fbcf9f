//! The longer commands of `gewu-server`, one noun a file.

pub(crate) mod archive;
pub(crate) mod backup;
pub(crate) mod ledger;
pub(crate) mod receipts;
pub(crate) mod verify;
