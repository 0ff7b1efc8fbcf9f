//! Lets Tauri read its configuration, and makes sure that there is a page to embed.

use std::path::Path;

/// Shown when the screens weren't built before the window.
const NO_SCREENS: &str = "<!doctype html><meta charset=\"utf-8\"><title>格物</title>\
<p>界面还没有构建。请先运行 cargo xtask build-ui --handheld，再构建本程序。</p>";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let page = Path::new("../ui/dist/index.html");
    if !page.is_file() {
        if let Some(folder) = page.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(page, NO_SCREENS)?;
    }
    println!("cargo:rerun-if-changed=../ui/dist");
    tauri_build::try_build(tauri_build::Attributes::new())?;
    Ok(())
}
