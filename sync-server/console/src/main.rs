//! The web console: for those who dispatch, handle, supervise and administer.
//!
//! It shows what the server answers and sends what a person decides; it decides nothing itself
//! and keeps nothing but the language. Reading order: `app` (addresses), `api` (the only file that
//! fetches), `pages`, `components`. `filter`, `format` and `compare` are plain functions with their
//! tests beside them; the pages are tried in a real browser by crate `tests`.

#![allow(
    clippy::needless_pass_by_value,
    reason = "a component owns what it is given"
)]
#![allow(
    unreachable_pub,
    reason = "the component macro makes every part of a component public"
)]

mod api;
mod app;
mod compare;
mod components;
mod desk;
mod filter;
mod format;
mod icons;
mod news;
mod pages;
mod poll;
mod statistics;
mod words;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
