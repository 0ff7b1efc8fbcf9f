//! The web console inside the server binary: files by their path, or a page that says how to
//! build them. Knows nothing of HTTP; `http/assets.rs` serves it.

use rust_embed::RustEmbed;
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "console/dist"]
struct Dist;

/// A file of the console.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub mime: String,
    /// SHA-256 of the bytes in hex, for `ETag`.
    pub tag: String,
    /// Its name holds a hash of its content, so it never changes.
    pub immutable: bool,
}

/// The page that opens every address of the console.
pub const INDEX: &str = "index.html";

/// The file with this path; no leading slash.
#[must_use]
pub fn get(path: &str) -> Option<Asset> {
    let file = Dist::get(path)?;
    let mime = match path.rsplit('.').next() {
        // Browsers stream-compile wasm only with this very type.
        Some("wasm") => String::from("application/wasm"),
        Some("js" | "mjs") => String::from("text/javascript; charset=utf-8"),
        Some("css") => String::from("text/css; charset=utf-8"),
        Some("html") => String::from("text/html; charset=utf-8"),
        Some("json" | "webmanifest") => String::from("application/json"),
        _ => file.metadata.mimetype().to_owned(),
    };
    let tag = shared::id::Sha256::new(file.metadata.sha256_hash()).to_string();
    Some(Asset {
        bytes: file.data,
        mime,
        tag,
        immutable: is_hashed(path),
    })
}

/// `app-3f2a9c….js`: a run of at least eight hex digits before the ending.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    stem.rsplit(['-', '_'])
        .find(|part| part.len() >= 8)
        .is_some_and(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// What is shown at `/` when the console was not built.
pub const NOT_BUILT: &str = "<!doctype html>
<html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">
<title>格物 Gewu</title>
<body>
<h1>格物 Gewu</h1>
<p>服务器在运行，但这个版本没有带控制台页面。请运行 <code>cargo xtask build-ui</code> 后重新编译服务器。</p>
<p lang=\"en\">The server is running, but it was built without the console. \
Run <code>cargo xtask build-ui</code> and build the server again.</p>
<p><a href=\"/v1/openapi.json\">/v1/openapi.json</a> · <a href=\"/readyz\">/readyz</a></p>
</body></html>
";

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn only_names_with_a_content_hash_are_kept_for_ever() {
        assert!(is_hashed("console-3f2a9c01b77e.js"));
        assert!(is_hashed("assets/console-3f2a9c01b77e_bg.wasm"));
        assert!(!is_hashed("index.html"));
        assert!(!is_hashed("leaflet/images/marker-icon.png"));
        assert!(!is_hashed("style.css"));
    }
}
