//! Placeholder page: one line, until the screens are here.

use leptos::prelude::*;

fn main() {
    leptos::mount::mount_to_body(|| view! { <p id="hello">"格物"</p> });
}
