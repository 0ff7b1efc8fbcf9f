//! Every test that needs more than one crate, as one program: it is compiled and linked once,
//! and its tests share the machine's cores.
//!
//! One module per subject; `cargo test --workspace --test gewu -- clocks::` runs one of them.

mod access;
mod additions;
mod after_photos;
mod archive;
mod audit;
mod bundle;
mod cases;
mod catalogue;
mod clocks;
mod contacts;
mod correcting;
mod courier;
mod crash;
mod desk;
mod evolution;
mod explain;
mod faces;
mod fuzz;
mod journey;
mod keyring;
mod life;
mod lost;
mod merging;
mod mutations;
mod news;
mod office;
mod orders;
mod own_cases;
mod own_work;
mod parts;
mod patrols;
mod people;
mod photos;
mod pull;
mod push;
mod receipts;
mod restore;
mod sessions;
mod similar;
mod similar_set;
mod simulation;
mod statistics;
mod store_contract;
mod tasks;
mod tidy;
mod tokens;
mod torture;
mod transport;
mod trust;
mod tus;
mod tus_client;
mod vault;
mod verify;
