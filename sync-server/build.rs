//! Makes the folder that the console is embedded from, so that the server builds before the
//! console was ever built; an empty folder means a page that says how to build it.

fn main() -> std::io::Result<()> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let dist = std::path::Path::new(&manifest).join("console/dist");
    std::fs::create_dir_all(&dist)?;
    println!("cargo:rerun-if-changed=console/dist");
    println!("cargo:rerun-if-changed=../migrations/server");
    Ok(())
}
