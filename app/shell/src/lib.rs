//! The handheld's window: Tauri around `app-core`.
//!
//! Opens the data, starts the sync loop, shows one window. What the screens may ask for is in
//! `commands`, a few lines each; what differs between a phone and a desktop is in `position.rs`.
//! Nothing here decides a rule, and nothing else but `app/ui/src/backend.rs` knows Tauri. Tried
//! through the real window by the crate `tests`. `docs/HANDHELD.md` says how to set it up.

mod commands;
mod position;
mod syncing;

use app_core::{App, Config, Edge, Keeper};
use shared::wire::handheld::Problem;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tauri::{Manager, WebviewUrl, WebviewWindowBuilder};

/// Where the data is, instead of the platform's folder for it.
pub const DATA_VARIABLE: &str = "GEWU_HANDHELD_DATA";
/// Size of the window, as `412x915`.
pub const WINDOW_VARIABLE: &str = "GEWU_HANDHELD_WINDOW";

/// A usual phone.
const WINDOW: (f64, f64) = (412.0, 915.0);
/// The smallest phone that every page is made for is 360 × 640; below this nothing is promised.
const WINDOW_MIN: (f64, f64) = (280.0, 400.0);

/// How often it is looked whether to lock, and whether sync has to begin or to end.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the commands work on.
#[derive(Debug)]
pub(crate) struct Handheld {
    /// The core, locked or open.
    keeper: Arc<Keeper>,
    /// Clock and ids.
    edge: Edge,
}

impl Handheld {
    /// The open core, or why there is none: a worker must read that, not a log.
    fn core(&self) -> Result<App, Problem> {
        self.keeper.app()
    }
}

/// Where a phone begins.
#[cfg(mobile)]
#[tauri::mobile_entry_point]
fn start() {
    run();
}

/// Runs the window until it is closed.
pub fn run() -> ExitCode {
    // A phone keeps apps apart by itself.
    #[cfg(desktop)]
    app_core::store::keep_private();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let builder = tauri::Builder::default();
    #[cfg(any(target_os = "android", target_os = "ios"))]
    let builder = builder.plugin(tauri_plugin_geolocation::init());
    let ran = commands::handled(builder)
        .setup(|app| Ok(set_up(app.handle())?))
        .run(tauri::generate_context!());
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "could not show the window");
            ExitCode::FAILURE
        }
    }
}

fn set_up(handle: &tauri::AppHandle) -> tauri::Result<()> {
    let edge = Edge::system();
    let directory = match std::env::var_os(DATA_VARIABLE) {
        Some(directory) => PathBuf::from(directory),
        None => handle.path().app_data_dir()?,
    };
    // A folder that can't be made is reported by the store, which then can't open its file.
    let _ = std::fs::create_dir_all(&directory);
    let keeper = Arc::new(Keeper::new(&directory, Config::default(), edge.now()));
    if let Err(problem) = keeper.app() {
        tracing::warn!(code = problem.code, "the handheld's data is not open");
    }
    tauri::async_runtime::spawn(keep(Arc::clone(&keeper), edge.clone()));
    handle.manage(Handheld { keeper, edge });
    show(handle)
}

/// Locks when nobody touches the screen; syncs for as long as the data is open.
async fn keep(keeper: Arc<Keeper>, edge: Edge) {
    let mut syncing = None;
    loop {
        if let Err(problem) = keeper.tick(edge.now()) {
            tracing::warn!(code = problem.code, "could not look at the lock");
        }
        syncing = syncing::look(syncing, keeper.sender(), &edge);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn show(handle: &tauri::AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(handle, "main", WebviewUrl::default());
    #[cfg(desktop)]
    let window = {
        let asked = std::env::var(WINDOW_VARIABLE).ok();
        let (width, height) = asked.as_deref().and_then(size).unwrap_or(WINDOW);
        window
            .title("格物")
            .inner_size(width, height)
            .min_inner_size(WINDOW_MIN.0, WINDOW_MIN.1)
            .position(0.0, 0.0)
            .resizable(true)
    };
    window.build()?;
    Ok(())
}

/// `412x915` as width and height.
#[cfg(desktop)]
fn size(text: &str) -> Option<(f64, f64)> {
    let (width, height) = text.split_once('x')?;
    let pixels = |text: &str| text.trim().parse::<u16>().ok().filter(|pixels| *pixels > 0);
    Some((pixels(width)?.into(), pixels(height)?.into()))
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_window_size_is_read_and_nonsense_is_refused() {
        assert_eq!(size("360x640"), Some((360.0, 640.0)));
        for nonsense in ["", "360", "0x640", "-1x5", "axb", "360x640x2"] {
            assert_eq!(size(nonsense), None, "{nonsense}");
        }
    }
}
