//! Bytes that come as the body of a command, with what stands in headers beside them.

use shared::report::PhotoRole;
use shared::wire::handheld::Problem;
use tauri::ipc::{InvokeBody, Request};

/// Owner, role and bytes of a photo request. Where the web view can't send a raw body (Android,
/// and any that refuses the `ipc:` scheme) the bytes come as a list of numbers.
pub(super) fn photo_of<T: std::str::FromStr>(
    request: &Request<'_>,
    owner: &str,
) -> Option<(T, PhotoRole, Vec<u8>)> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let owner = header(owner)?.parse().ok()?;
    let role = PhotoRole::parse(header("role")?)?;
    Some((owner, role, bytes_of(request)?))
}

/// The bytes of a request.
pub(super) fn bytes_of(request: &Request<'_>) -> Option<Vec<u8>> {
    match request.body() {
        InvokeBody::Raw(bytes) => Some(bytes.clone()),
        InvokeBody::Json(list) => serde_json::from_value(list.clone()).ok(),
    }
}

/// A request that can't be read.
pub(super) fn unreadable() -> Problem {
    Problem {
        code: String::from("photo_request"),
        words: String::from("照片没有传到本机程序，请再选一次；文字已保存。"),
        words_en: String::from(
            "The photo did not reach the program. Choose it again; your words are saved.",
        ),
    }
}
