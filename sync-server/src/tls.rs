//! The server's certificate: read from files, or made by the server for itself.
//!
//! A certificate of its own is known to handhelds by its SHA-256, which travels with the enrolment
//! code; names and dates in it are for people. Its key is readable by the server's user only.
//! Tests: `tests/tests/transport.rs`.

use anyhow::{Context, ensure};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use shared::id::Sha256;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a data folder keeps what the server made for itself.
const FOLDER: &str = "tls";
/// What is offered in the handshake, the preferred first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The chain in PEM, the server's own first.
    pub certificate: PathBuf,
    /// The private key in PEM.
    pub key: PathBuf,
}

impl Files {
    fn below(data: &Path) -> Self {
        let folder = data.join(FOLDER);
        Self {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        }
    }

    /// What the server made for itself, if it did.
    #[must_use]
    pub fn own(data: &Path) -> Option<Self> {
        Some(Self::below(data)).filter(|files| files.certificate.is_file() && files.key.is_file())
    }

    /// Makes a key and a certificate for these host names and addresses.
    ///
    /// # Errors
    /// When there are some already (handhelds know them), or the folder can't be written.
    pub fn make(data: &Path, names: &[String]) -> anyhow::Result<Self> {
        let files = Self::below(data);
        ensure!(
            !files.certificate.exists(),
            "{} is there already; handhelds know it by its fingerprint",
            files.certificate.display()
        );
        let key = rcgen::KeyPair::generate().context("could not make a key")?;
        let mut params = rcgen::CertificateParams::new(names.to_vec())
            .context("a name is not one that a certificate can carry")?;
        let name = names.first().map_or("gewu", String::as_str);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let certificate = params
            .self_signed(&key)
            .context("could not make a certificate")?;
        let folder = data.join(FOLDER);
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
        write_secret(&files.key, &key.serialize_pem())?;
        std::fs::write(&files.certificate, certificate.pem())
            .with_context(|| format!("could not write {}", files.certificate.display()))?;
        Ok(files)
    }

    /// SHA-256 of the server's certificate.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn fingerprint(&self) -> anyhow::Result<Sha256> {
        let chain = self.chain()?;
        let own = chain.first().context("the certificate file is empty")?;
        Ok(Sha256::of(own))
    }

    fn chain(&self) -> anyhow::Result<Vec<CertificateDer<'static>>> {
        let read = || CertificateDer::pem_file_iter(&self.certificate)?.collect::<Result<_, _>>();
        read().with_context(|| format!("could not read {}", self.certificate.display()))
    }

    /// What the server's sockets are wrapped with: TLS 1.2 or 1.3, HTTP/2 where the client can.
    ///
    /// # Errors
    /// When a file can't be read, or the key isn't the certificate's.
    pub fn config(&self) -> anyhow::Result<ServerConfig> {
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .with_context(|| format!("could not read {}", self.key.display()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(self.chain()?, key)
            .with_context(|| format!("{} and its key don't fit", self.certificate.display()))?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(config)
    }
}

/// Writes a file that only its owner may read, from the first byte on.
fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let written = || {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    written().with_context(|| format!("could not write {}", path.display()))
}
