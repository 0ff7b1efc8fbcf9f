//! What the web view knows of the network: `navigator.connection` and `navigator.onLine`.
//!
//! Android's web view says `wifi` or `cellular` (not tried on a device); WebKitGTK says nothing,
//! which counts as free.

use crate::backend;
use js_sys::Reflect;
use leptos::prelude::window;
use shared::wire::queue::NetworkKind;
use wasm_bindgen::JsValue;

/// The network at one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    kind: NetworkKind,
    is_online: bool,
    is_seen: bool,
}

/// Looks, and tells the device's core when there is something else to see than `before`: another
/// network, a network again, or somebody who looks at the screen again.
pub(crate) async fn look(before: Option<Look>, is_seen: bool) -> Option<Look> {
    let now = Look {
        kind: kind(),
        is_online: is_online(),
        is_seen,
    };
    if before != Some(now)
        && now.is_online
        && is_seen
        && let Err(problem) = backend::set_network(now.kind).await
    {
        leptos::logging::warn!("the network was not told: {}", problem.code);
    }
    Some(now)
}

fn member(of: &JsValue, name: &str) -> Option<JsValue> {
    let found = Reflect::get(of, &JsValue::from_str(name)).ok()?;
    (!found.is_undefined() && !found.is_null()).then_some(found)
}

fn kind() -> NetworkKind {
    let navigator = member(&window().into(), "navigator");
    let connection = navigator.and_then(|navigator| member(&navigator, "connection"));
    let kind = connection.and_then(|connection| member(&connection, "type")?.as_string());
    match kind.as_deref() {
        Some("wifi" | "ethernet") => NetworkKind::Free,
        Some("cellular") => NetworkKind::Metered,
        _ => NetworkKind::Unknown,
    }
}

/// Where it isn't said, the core finds out by trying.
fn is_online() -> bool {
    let navigator = member(&window().into(), "navigator");
    let said = navigator.and_then(|navigator| member(&navigator, "onLine")?.as_bool());
    said.unwrap_or(true)
}
