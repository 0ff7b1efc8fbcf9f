//! One file per page. A page asks the server, keeps the answer and lays out its parts.

pub(crate) mod account;
pub(crate) mod archive;
pub(crate) mod audit;
pub(crate) mod case;
pub(crate) mod catalogue;
pub(crate) mod contact;
pub(crate) mod courier;
pub(crate) mod devices;
pub(crate) mod draft;
pub(crate) mod list;
pub(crate) mod orders;
pub(crate) mod patrols;
pub(crate) mod people;
pub(crate) mod quarantine;
pub(crate) mod receipts;
pub(crate) mod repeated;
pub(crate) mod sign_in;
pub(crate) mod similar;
pub(crate) mod statistics;
