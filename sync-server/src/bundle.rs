//! An archive that stands for itself: tables as JSON lines, photos, the signed roots, and a manifest
//! with the hash of each file, in a folder that needs neither server nor database to be checked.
//!
//! [`write()`] makes one from a database in use, as it is at one moment; [`Opened`] reads one back
//! into a scratch database for `crate::verifier`. The layout is in `docs/STORAGE.md`. Held by
//! `tests/tests/bundle.rs`.

mod read;
mod write;

pub use read::Opened;
pub use write::{Wanted, write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};
use shared::id::{AreaCode, Sha256};
use shared::signature::{PublicKey, SecretKey, Signature};
use shared::time::Timestamp;

/// What the layout is called; also the first line of the text that is signed.
pub const FORMAT: &str = "gewu-archive/1";
/// The file that names all others.
const MANIFEST: &str = "manifest.json";
/// The signature over it.
const SIGNATURE: &str = "manifest.signature.json";
/// The folder of the tables.
const TABLES: &str = "tables";
/// The folder of the photos, each under its hash.
const PHOTOS: &str = "photos";

/// What an archive holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The district.
    pub district: AreaCode,
    /// When it was made.
    pub made_ms: Timestamp,
    /// First day of the cases in it, as 20261124; none for all.
    pub from: Option<i64>,
    /// Last day.
    pub to: Option<i64>,
    /// The key that signs roots and manifest.
    pub key: PublicKey,
    /// The tables, in the order in which they refer to each other.
    pub tables: Vec<TableFile>,
    /// Photos and previews in it.
    pub photos: usize,
    /// Photos that were said to be there and weren't.
    pub photos_missing: usize,
}

impl Manifest {
    /// Whether it holds everything there was.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// A table's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFile {
    /// The table.
    pub name: String,
    /// Its lines.
    pub rows: usize,
    /// SHA-256 of the file.
    pub sha256: Sha256,
}

/// The signature over a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Signed {
    /// SHA-256 of `manifest.json`.
    manifest: Sha256,
    /// Over [`FORMAT`] and that hash, a line each.
    signature: Signature,
}

impl Signed {
    fn by(key: &SecretKey, manifest: &[u8]) -> Self {
        let manifest = Sha256::of(manifest);
        Self {
            manifest,
            signature: key.sign(&text(&manifest)),
        }
    }

    fn is_good(&self, key: &PublicKey, manifest: &[u8]) -> bool {
        self.manifest == Sha256::of(manifest)
            && key.verifies(&text(&self.manifest), &self.signature)
    }
}

fn text(manifest: &Sha256) -> String {
    format!("{FORMAT}\n{manifest}")
}

/// The hash of a file, as it is written or read.
#[derive(Default)]
struct Hashed(Hasher);

impl Hashed {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn done(self) -> Sha256 {
        Sha256::new(self.0.finalize().into())
    }
}
