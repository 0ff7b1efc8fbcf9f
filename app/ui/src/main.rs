//! The handheld's screens: pages of Leptos, drawn in the web view of `app/shell`.
//!
//! Nothing here decides a rule or keeps a report: pages ask `backend`, which asks the core.
//! The pages are in `pages`, one file each, in the order a worker meets them; what several use
//! is in `components`. They are tried in the real window by the crate `tests`.

#![allow(
    clippy::needless_pass_by_value,
    reason = "a component owns what it is given"
)]
#![allow(
    unreachable_pub,
    reason = "the component macro writes `pub` on whatever it makes"
)]

mod backend;
mod route;
mod state;
mod words;

mod app;
mod components;
mod network;
mod pages;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
