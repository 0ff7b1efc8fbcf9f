//! What the server is told by flags and environment, and the words that show it.
//!
//! Every flag of `serve` has a `GEWU_…` variable; flags win. Nothing is read from a file and
//! nothing is created here. Secrets are masked wherever this is shown. Documented in
//! `docs/OPERATING.md`.

use crate::tls::Files;
use clap::Args;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Where the data of a district lives.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// Folder of the district's data: database, photos, uploads under way
    #[arg(long, env = "GEWU_DATA", value_name = "DIR")]
    pub data: PathBuf,
    /// Address of the database, sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME
    /// [default: sqlite://DIR/gewu.db]
    #[arg(long, env = "GEWU_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
    /// Where photos are kept, a folder or s3://BUCKET/PREFIX [default: DIR/photos]
    #[arg(long, env = "GEWU_PHOTOS", value_name = "URL")]
    pub photos: Option<String>,
}

impl DataArgs {
    /// The address of the database.
    #[must_use]
    pub fn store_url(&self) -> String {
        self.store
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", self.data.join("gewu.db").display()))
    }

    /// Where photo bytes are kept.
    #[must_use]
    pub fn photos_url(&self) -> String {
        let folder = || self.data.join("photos").display().to_string();
        self.photos.clone().unwrap_or_else(folder)
    }

    /// Where uploads under way are kept.
    #[must_use]
    pub fn spool_dir(&self) -> PathBuf {
        self.data.join("spool")
    }
}

/// What `serve` is told.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where the data is.
    #[command(flatten)]
    pub data: DataArgs,
    /// Address and port to listen on
    #[arg(
        long,
        env = "GEWU_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    pub listen: SocketAddr,
    /// Certificate chain in PEM, the server's own first; without it the certificate that
    /// `gewu-server certificate` made is used where there is one
    #[arg(long, env = "GEWU_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, env = "GEWU_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Addresses of the TLS proxies in front, the only ones that may then connect: the server
    /// itself speaks plain HTTP to them and believes their X-Forwarded-For
    #[arg(
        long,
        env = "GEWU_BEHIND_PROXY",
        value_name = "ADDRESS",
        value_delimiter = ',',
        conflicts_with = "tls_cert"
    )]
    pub behind_proxy: Vec<IpAddr>,
    /// Address pattern of map tiles, as `https://tiles.example/{z}/{x}/{y}.png`; none by default
    #[arg(long, env = "GEWU_TILES", value_name = "PATTERN")]
    pub tiles: Option<String>,
    /// Threads that read the database
    #[arg(long, env = "GEWU_READERS", default_value_t = crate::store::READERS_DEFAULT, value_name = "COUNT")]
    pub readers: usize,
    /// For measuring only: a pause before each commit, as a slower disk would make
    #[arg(long, env = "GEWU_COMMIT_DELAY_MS", default_value_t = 0, hide = true)]
    pub commit_delay_ms: u64,
    /// Days that a contact is kept after its case was closed; then it is erased
    #[arg(
        long,
        env = "GEWU_CONTACT_DAYS",
        default_value_t = shared::contact::KEPT_DAYS,
        value_parser = clap::value_parser!(i64).range(0..=3_650),
        value_name = "DAYS"
    )]
    pub contact_days: i64,
    /// How logs are written
    #[arg(long, env = "GEWU_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One line of text for a person.
    Text,
    /// One JSON object a line for a program.
    Json,
}

impl ServeArgs {
    /// The settings in force as lines of `name = value`, secrets masked.
    #[must_use]
    pub fn show(&self) -> Vec<(&'static str, String)> {
        let format = match self.log_format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        vec![
            ("data", self.data.data.display().to_string()),
            ("store", mask_url(&self.data.store_url())),
            ("photos", self.data.photos_url()),
            ("spool", self.data.spool_dir().display().to_string()),
            ("listen", self.listen.to_string()),
            (
                "tls_cert",
                self.tls_files().map_or_else(
                    || String::from("(none)"),
                    |files| files.certificate.display().to_string(),
                ),
            ),
            (
                "behind_proxy",
                match self.behind_proxy.as_slice() {
                    [] => String::from("(none)"),
                    proxies => proxies
                        .iter()
                        .map(IpAddr::to_string)
                        .collect::<Vec<_>>()
                        .join(","),
                },
            ),
            (
                "tiles",
                self.tiles.clone().unwrap_or_else(|| String::from("(none)")),
            ),
            ("readers", self.readers.to_string()),
            ("contact_days", self.contact_days.to_string()),
            ("log_format", String::from(format)),
        ]
    }

    /// Certificate and key of the server itself: as named, else its own where there are some and
    /// no proxy does it.
    #[must_use]
    pub fn tls_files(&self) -> Option<Files> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Files {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            _ if self.behind_proxy.is_empty() => Files::own(&self.data.data),
            _ => None,
        }
    }

    /// Whether browsers reach it over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        !self.behind_proxy.is_empty() || self.tls_files().is_some()
    }

    /// The origin of the tile pattern, for the content security policy.
    #[must_use]
    pub fn tiles_origin(&self) -> Option<String> {
        // `gcj02:` in front says that the tiles are shifted.
        let pattern = self.tiles.as_deref()?.trim_start_matches("gcj02:");
        let (scheme, rest) = pattern.split_once("://")?;
        let host = rest.split('/').next()?;
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
        // `{s}.tiles.example` stands for several hosts.
        let host = host.replace("{s}", "*");
        let fits = matches!(scheme, "http" | "https")
            && !host.is_empty()
            && host.trim_start_matches("*.").chars().all(is_host);
        fits.then(|| format!("{scheme}://{host}"))
    }
}

/// An address with its password masked.
#[must_use]
pub fn mask_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return String::from("(unreadable)");
    };
    let (login, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, rest),
    };
    // Parameters may carry a password as well.
    let place = match place.split_once('?') {
        Some((place, _)) if scheme != "sqlite" => format!("{place}?…"),
        _ => place.to_owned(),
    };
    match login.map(|login| login.split_once(':').map_or(login, |(user, _)| user)) {
        Some(user) => format!("{scheme}://{user}:…@{place}"),
        None => format!("{scheme}://{place}"),
    }
}

/// A path of the data folder that must be there.
///
/// # Errors
/// When there is no such folder, with the line to run.
pub fn require_dir(dir: &Path) -> anyhow::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    anyhow::bail!(
        "there is no folder {dir}; make a district first:\n  gewu-server init --data {dir} --district DISTRICT_DIR",
        dir = dir.display()
    )
}

#[cfg(test)]
mod tests {
    use super::mask_url;

    #[test]
    fn a_password_never_shows() {
        assert_eq!(
            mask_url("postgres://gewu:s3cr@et@db.example:5432/gewu?password=x"),
            "postgres://gewu:…@db.example:5432/gewu?…"
        );
        assert_eq!(mask_url("sqlite:///srv/gewu.db"), "sqlite:///srv/gewu.db");
        assert_eq!(mask_url("nonsense"), "(unreadable)");
    }
}
