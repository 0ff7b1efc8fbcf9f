//! The two browser bundles: `app/ui/dist` (handheld) and `sync-server/console/dist` (console).
//!
//! One cargo call compiles both crates for wasm32, so that they share their dependencies;
//! wasm-bindgen runs as a library and so is always the version in Cargo.lock. A bundle is
//! `index.html`, `boot.js`, `app.js`, `app_bg.wasm`, what `faces/` holds for both, the crate's
//! own `style.css`, and its `vendor/` and `static/` folders. Files that did not change are not
//! touched, because the programs that embed them would be compiled again.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::run::{self, Steps};

/// What `cargo xtask build-ui` may be told.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// The console only
    #[arg(long)]
    console: bool,
    /// The handheld's screens only
    #[arg(long)]
    handheld: bool,
    /// Quick to build, large to load: for work on the screens
    #[arg(long)]
    dev: bool,
}

/// One of the two faces.
struct Face {
    package: &'static str,
    folder: &'static str,
}

const FACES: [Face; 2] = [
    Face {
        package: "console",
        folder: "sync-server/console",
    },
    Face {
        package: "app-ui",
        folder: "app/ui",
    },
];

const TARGET: &str = "wasm32-unknown-unknown";

/// Loads the module; a file of its own because the page's policy allows no inline script.
const BOOT: &str = "import init from \"./app.js\";\ninit({ module_or_path: \"/app_bg.wasm\" });\n";

/// Builds the bundles that were asked for, both if none was named.
pub(crate) fn build(steps: &mut Steps, args: &Args) -> Result<()> {
    let both = args.console == args.handheld;
    let wanted = |face: &Face| both || (face.package == "console") == args.console;
    let built = steps.step("compile the screens for wasm32", || compile(args.dev))?;
    for face in FACES.iter().filter(|face| wanted(face)) {
        let Some((_, wasm)) = built.iter().find(|(package, _)| package == face.package) else {
            bail!("{} did not compile for wasm32", face.package);
        };
        steps.step(&format!("bundle {}", face.folder), || {
            bundle(face, wasm, args.dev)
        })?;
    }
    Ok(())
}

/// Has rustup's tool chain the wasm32 target?
pub(crate) fn rustup_has_target() -> bool {
    run::read(Command::new("rustc").args(["--print", "sysroot"])).is_ok_and(|sysroot| {
        Path::new(sysroot.trim())
            .join("lib/rustlib")
            .join(TARGET)
            .join("lib")
            .is_dir()
    })
}

/// Compiles both crates and gives package and wasm file of each that compiled.
fn compile(dev: bool) -> Result<Vec<(String, PathBuf)>> {
    let mut command = if rustup_has_target() {
        run::cargo()
    } else {
        debian_cargo()?
    };
    command
        .args([
            "build",
            "--target",
            TARGET,
            "--target-dir",
            "target/wasm",
            "--keep-going",
        ])
        .args(["--profile", if dev { "dev" } else { "wasm" }])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit());
    for face in FACES {
        command.args(["--package", face.package]);
    }
    let output = command
        .output()
        .context("could not start cargo for wasm32")?;
    let mut built = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        let name = message
            .pointer("/target/name")
            .and_then(serde_json::Value::as_str);
        let file = message
            .pointer("/executable")
            .and_then(serde_json::Value::as_str);
        if let (Some(name), Some(file)) = (name, file) {
            built.push((name.to_owned(), PathBuf::from(file)));
        }
    }
    if built.is_empty() {
        bail!(
            "cargo for wasm32 ended with {} and built nothing",
            output.status
        );
    }
    Ok(built)
}

/// Debian's second tool chain, which carries the sources of std, with rustup's linker.
fn debian_cargo() -> Result<Command> {
    let sysroot = run::read(Command::new("rustc").args(["--print", "sysroot"]))?;
    let about = run::read(Command::new("rustc").arg("-vV"))?;
    let host = about
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc -vV names no host")?;
    let lld = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    let linker = if lld.is_file() {
        lld
    } else {
        PathBuf::from("wasm-ld")
    };
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("/usr/bin/cargo");
    command
        .current_dir(run::root())
        .env("PATH", format!("/usr/bin:{path}"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    // These lead back to rustup's tool chain, whose compiler has no std for wasm32.
    for name in [
        "CARGO",
        "RUSTC",
        "RUSTDOC",
        "RUSTUP_TOOLCHAIN",
        "LD_LIBRARY_PATH",
        "RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
    Ok(command)
}

/// Runs wasm-bindgen if the module changed, then lays the bundle out.
fn bundle(face: &Face, wasm: &Path, dev: bool) -> Result<()> {
    let root = run::root();
    let made = root.join("target/wasm/bindgen").join(face.package);
    let stamp = made.with_extension("stamp");
    let bytes = fs::read(wasm).with_context(|| format!("could not read {}", wasm.display()))?;
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), dev, &bytes).hash(&mut hasher);
    let identity = format!("{:016x}", hasher.finish());
    if fs::read_to_string(&stamp).ok().as_deref() != Some(identity.as_str()) || !made.is_dir() {
        if made.is_dir() {
            fs::remove_dir_all(&made)?;
        }
        Bindgen::new()
            .input_bytes("app", bytes)
            .out_name("app")
            .web(true)?
            .typescript(false)
            .debug(dev)
            .remove_name_section(!dev)
            .remove_producers_section(true)
            .generate(&made)
            .with_context(|| format!("wasm-bindgen failed on {}", wasm.display()))?;
        fs::write(&stamp, identity)?;
    }
    let crate_dir = root.join(face.folder);
    let dist = crate_dir.join("dist");
    let mut kept = BTreeSet::new();
    copy_tree(&root.join("faces"), &dist, &mut kept)?;
    copy_tree(&made, &dist, &mut kept)?;
    put(&dist.join("boot.js"), BOOT.as_bytes(), &mut kept)?;
    for folder in ["vendor", "static"] {
        copy_tree(&crate_dir.join(folder), &dist.join(folder), &mut kept)?;
    }
    for file in ["index.html", "style.css"] {
        let from = crate_dir.join(file);
        let content =
            fs::read(&from).with_context(|| format!("could not read {}", from.display()))?;
        put(&dist.join(file), &content, &mut kept)?;
    }
    remove_others(&dist, &kept)?;
    let size = fs::metadata(dist.join("app_bg.wasm"))?.len();
    eprintln!("  {}: app_bg.wasm {} KB", face.folder, size / 1024);
    Ok(())
}

/// Copies a folder that may be missing.
fn copy_tree(from: &Path, to: &Path, kept: &mut BTreeSet<PathBuf>) -> Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target, kept)?;
        } else {
            put(&target, &fs::read(entry.path())?, kept)?;
        }
    }
    Ok(())
}

/// Writes a file unless it is there with the same content.
fn put(path: &Path, content: &[u8], kept: &mut BTreeSet<PathBuf>) -> Result<()> {
    kept.insert(path.to_path_buf());
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content).with_context(|| format!("could not write {}", path.display()))
}

/// Removes what an earlier bundle left.
fn remove_others(dir: &Path, kept: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            remove_others(&path, kept)?;
            if fs::read_dir(&path)?.next().is_none() {
                fs::remove_dir(&path)?;
            }
        } else if !kept.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
