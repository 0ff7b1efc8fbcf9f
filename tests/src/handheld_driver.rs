//! The real handheld window on a display of its own, driven through WebKit's driver.
//!
//! It is the shipped program with its own database in the folder that it is given; nothing of it
//! is replaced. It must never be asked for a picture through the driver: that call hangs.

use std::ops::Deref;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::json;

use crate::webdriver::{self, Display, Guarded, Page};

/// A running handheld.
#[derive(Debug)]
pub struct Handheld {
    page: Page,
    /// Held for its end; before the display.
    _driver: Guarded,
    display: Display,
}

impl Handheld {
    /// Starts the program with its data in `data`, on a screen of this size.
    pub async fn start(program: &Path, data: &Path, width: u32, height: u32) -> Result<Self> {
        let display = Display::start(width, height)?;
        let port = webdriver::free_port()?;
        let mut command = Command::new("WebKitWebDriver");
        command
            .arg("--host=127.0.0.1")
            .arg(format!("--port={port}"))
            .env("DISPLAY", display.name())
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // There is no graphics card on a display in memory.
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("GEWU_HANDHELD_DATA", data)
            .env("GEWU_HANDHELD_WINDOW", format!("{width}x{height}"))
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::null());
        let program = program.to_str().context("the program's path is not text")?;
        let options = json!({ "webkitgtk:browserOptions": { "binary": program } });
        let capabilities = options.as_object().cloned().unwrap_or_default();
        let (driver, client) = webdriver::open(&mut command, port, capabilities).await?;
        Ok(Self {
            page: Page::new(client),
            _driver: driver,
            display,
        })
    }

    /// A picture of the screen.
    pub fn picture(&self, file: &Path) -> Result<()> {
        self.display.picture(file)
    }

    /// Closes the window, as a worker would.
    pub async fn close(self) -> Result<()> {
        self.page.client().clone().close().await?;
        Ok(())
    }
}

impl Deref for Handheld {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}
