//! The shipped programs, started as their users start them.
//!
//! Nothing here knows their insides: `gewu-server` and `gewu-field` are run by their command lines
//! and read by what they print. A server ends with its guard.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::webdriver::{self, Guarded};

/// The root of the work tree.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A photo of `tests/data/photos`.
#[must_use]
pub fn photo(name: &str) -> PathBuf {
    root().join("tests/data/photos").join(name)
}

/// A built program of this name: where the caller says, else beside or above this program.
pub fn program(name: &str) -> Result<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("GEWU_BIN_DIR")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    let own = std::env::current_exe()?;
    folders.extend(own.ancestors().skip(1).take(2).map(Path::to_path_buf));
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .with_context(|| format!("{name} is not built; run: cargo build --workspace --bins"))
}

/// A district's data folder, and its server while it runs.
#[derive(Debug)]
pub struct Server {
    data: PathBuf,
    /// Address of its database, none for a file beside the rest.
    store: Option<String>,
    port: u16,
    running: Option<Guarded>,
}

impl Server {
    /// Makes a new data folder for a district of `data/districts`.
    pub fn init(data: &Path, district: &str) -> Result<Self> {
        Self::init_at(data, &root().join("data/districts").join(district), None)
    }

    /// Makes a new data folder for the district of a folder, with its database at an address.
    pub fn init_at(data: &Path, district: &Path, store: Option<&str>) -> Result<Self> {
        let server = Self {
            data: data.to_path_buf(),
            store: store.map(str::to_owned),
            port: webdriver::free_port()?,
            running: None,
        };
        server.run(&["init", "--district", &district.to_string_lossy()])?;
        Ok(server)
    }

    /// The same data at another address, which no handheld knows; only one of the two may run.
    pub fn elsewhere(&self) -> Result<Self> {
        Ok(Self {
            data: self.data.clone(),
            store: self.store.clone(),
            port: webdriver::free_port()?,
            running: None,
        })
    }

    /// Runs a subcommand with `--data` and gives what it printed.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(program("gewu-server")?)
            .args(arguments)
            .args(self.place())
            .output()
            .context("could not start gewu-server")?;
        printed("gewu-server", arguments, output)
    }

    /// Starts to serve and waits until it listens. Always the same address.
    pub async fn start(&mut self) -> Result<()> {
        self.start_with(&[]).await
    }

    /// The same with more to say to `serve`.
    pub async fn start_with(&mut self, more: &[&str]) -> Result<()> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.data.join("log.txt"))?;
        self.running = Some(Guarded::start(
            Command::new(program("gewu-server")?)
                .arg("serve")
                .args(self.place())
                .arg(format!("--listen=127.0.0.1:{}", self.port))
                .args(more)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log),
        )?);
        webdriver::wait_for_port(self.port).await
    }

    /// The flags that say where its data is.
    fn place(&self) -> Vec<OsString> {
        let mut flags = vec!["--data".into(), self.data.clone().into_os_string()];
        if let Some(store) = &self.store {
            flags.extend(["--store".into(), store.into()]);
        }
        flags
    }

    /// Whether it was started and not killed since.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// The port on which it listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Stops it as a power cut would.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// The most memory it has had since it started, in KB.
    pub fn peak_memory_kb(&self) -> Result<i64> {
        let running = self.running.as_ref().context("the server isn't running")?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        number.context("the system doesn't say how much memory it has")
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        let own = self.data.join("tls/certificate.pem").is_file();
        let scheme = if own { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("gewu.db")
    }

    /// Its photos.
    #[must_use]
    pub fn photos(&self) -> PathBuf {
        self.data.join("photos")
    }
}

/// A handheld without a screen.
#[derive(Debug)]
pub struct Field {
    data: PathBuf,
}

impl Field {
    /// A handheld with its data in this folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_path_buf(),
        }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.data
    }

    /// Files a report of 上水井盖缺失 with these words and a photo of `tests/data/photos`.
    pub fn file(&self, text: &str, image: &str) -> Result<Value> {
        let image = photo(image);
        let arguments = ["file", "--category", "C0101", "--condition", "1"]
            .into_iter()
            .chain([
                "--lat", "27.33", "--lon", "118.12", "--text", text, "--photo",
            ])
            .map(str::to_owned)
            .chain([image.to_string_lossy().into_owned()]);
        self.run(&arguments.collect::<Vec<_>>())
    }

    /// Its database: the one file of its folder that is named so.
    pub fn database(&self) -> Result<PathBuf> {
        std::fs::read_dir(&self.data)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|file| file.extension().is_some_and(|ending| ending == "db"))
            .with_context(|| format!("there is no database in {}", self.data.display()))
    }

    /// Runs a subcommand with `--json` and gives the answer; a refusal is a [`Refused`].
    pub fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Result<Value> {
        let output = Command::new(program("gewu-field")?)
            .arg("--dir")
            .arg(&self.data)
            .arg("--json")
            .args(arguments.iter().map(AsRef::as_ref))
            .output()
            .context("could not start gewu-field")?;
        let answer = serde_json::from_slice::<Value>(&output.stdout);
        if !output.status.success() {
            let json = answer.unwrap_or_default();
            let at = |path| Some(json.pointer(path)?.as_str()?.to_owned());
            let stderr = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let command = arguments.first().map_or("", AsRef::as_ref).to_owned();
            return Err(Refused {
                command,
                code: output.status.code(),
                words: at("/problem/words").unwrap_or_else(stderr),
                draft: at("/draft"),
            }
            .into());
        }
        answer.context("gewu-field printed no JSON")
    }
}

/// What gewu-field said instead of doing it.
#[derive(Debug)]
pub struct Refused {
    /// The subcommand.
    pub command: String,
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// The words for the worker.
    pub words: String,
    /// The draft in which everything filled in is kept.
    pub draft: Option<String>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "gewu-field {} refused with {:?}: {}",
            self.command, self.code, self.words
        )
    }
}

impl std::error::Error for Refused {}

fn printed(name: &str, arguments: &[&str], output: Output) -> Result<String> {
    if !output.status.success() {
        let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        let said = said.join("\n");
        bail!(
            "{name} {} ended with {}: {}",
            arguments.join(" "),
            output.status,
            said.trim()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}
