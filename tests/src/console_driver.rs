//! The console in headless Chromium, with a profile of its own that goes with the guard.
//!
//! The server is the caller's; this only opens its pages. Sizes are those of the page itself,
//! not of a window around it, down to the width of a phone.

use std::ops::Deref;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;

use crate::webdriver::{self, DevTools, Guarded, Page};

/// A browser with one page.
#[derive(Debug)]
pub struct Console {
    page: Page,
    /// Held for their end; the browser before its profile.
    _driver: Guarded,
    _profile: TempDir,
}

impl Console {
    /// Starts the browser and opens an address.
    pub async fn start(address: &str, width: u32, height: u32) -> Result<Self> {
        let profile = TempDir::new()?;
        let port = webdriver::free_port()?;
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--lang=zh-CN".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        // The sandbox refuses to run as root, which is what a build machine often is.
        if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
            arguments.push("--no-sandbox".to_owned());
        }
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let options = json!({ "goog:chromeOptions": { "args": arguments } });
        let capabilities = options.as_object().cloned().unwrap_or_default();
        let (driver, client) = webdriver::open(&mut command, port, capabilities).await?;
        let console = Self {
            page: Page::new(client),
            _driver: driver,
            _profile: profile,
        };
        console.resize(width, height).await?;
        console.open(address).await?;
        Ok(console)
    }

    /// Goes to an address.
    pub async fn open(&self, address: &str) -> Result<()> {
        self.page
            .client()
            .goto(address)
            .await
            .with_context(|| format!("could not open {address}"))
    }

    /// Gives the page another size.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let parameters = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false
        });
        let command = DevTools {
            method: "Emulation.setDeviceMetricsOverride",
            parameters,
        };
        self.page.client().issue_cmd(command).await?;
        Ok(())
    }

    /// Asks for the dark or the light look.
    pub async fn dark(&self, dark: bool) -> Result<()> {
        let value = if dark { "dark" } else { "light" };
        let parameters =
            json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        let command = DevTools {
            method: "Emulation.setEmulatedMedia",
            parameters,
        };
        self.page.client().issue_cmd(command).await?;
        Ok(())
    }

    /// A picture of what is in view.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        let picture = self.page.client().screenshot().await?;
        std::fs::write(file, picture).with_context(|| format!("could not write {}", file.display()))
    }
}

impl Deref for Console {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}
