//! Reads an archive back into a scratch database, line by line, and says what isn't as the manifest
//! has it.

use super::{FORMAT, Hashed, MANIFEST, Manifest, PHOTOS, SIGNATURE, Signed, TABLES, TableFile};
use crate::photo_store::PhotoStore;
use crate::store::dump::Table;
use crate::store::{Cell, Store, StoreError, StoreOptions, meta};
use anyhow::{Context, ensure};
use serde_json::Value;
use shared::archive::{Finding, Problem};
use shared::id::AreaCode;
use shared::signature::PublicKey;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Rows that are put into the scratch database at once.
const ROWS_AT_ONCE: usize = 2_000;

/// An archive, ready to be checked. What was made for it is removed when it goes.
#[derive(Debug)]
pub struct Opened {
    /// Its tables.
    pub store: Store,
    /// Its photos.
    pub photos: PhotoStore,
    /// What it says it holds.
    pub manifest: Manifest,
    /// What isn't as the manifest says.
    pub findings: Vec<Finding>,
    scratch: PathBuf,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.store.close_blocking();
        drop(std::fs::remove_dir_all(&self.scratch));
    }
}

impl Opened {
    /// Reads an archive's folder. `scratch` is a folder that is made and removed again; `key` takes
    /// the place of the one that the archive names.
    ///
    /// # Errors
    /// When it is no archive, or the scratch database can't be written.
    pub fn read(bundle: &Path, scratch: &Path, key: Option<PublicKey>) -> anyhow::Result<Self> {
        let place = bundle.join(MANIFEST);
        let text =
            std::fs::read(&place).with_context(|| format!("{} is no archive", bundle.display()))?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .with_context(|| format!("could not read {}", place.display()))?;
        ensure!(
            manifest.format == FORMAT,
            "{} is of another program: {}",
            bundle.display(),
            manifest.format
        );
        let mut findings = Vec::new();
        let signed = std::fs::read(bundle.join(SIGNATURE)).ok();
        let signed = signed.and_then(|text| serde_json::from_slice::<Signed>(&text).ok());
        let key = key.unwrap_or(manifest.key);
        if !signed.is_some_and(|signed| signed.is_good(&key, &text)) {
            let finding = Finding::new(Problem::Signature, "files", "signature", MANIFEST);
            findings.push(finding);
        }
        std::fs::create_dir(scratch)
            .with_context(|| format!("could not make {}", scratch.display()))?;
        let store = StoreOptions::default().create_scratch(&scratch.join("archive.db"))?;
        let photos = bundle.join(PHOTOS).display().to_string();
        let mut opened = Self {
            photos: PhotoStore::open_to_read(&photos)?,
            store,
            findings,
            scratch: scratch.to_owned(),
            manifest,
        };
        opened.load(bundle)?;
        Ok(opened)
    }

    fn load(&mut self, bundle: &Path) -> anyhow::Result<()> {
        for file in self.manifest.tables.clone() {
            let found = self.load_table(bundle, &file)?;
            self.findings.extend(found);
        }
        let manifest = &self.manifest;
        let (key, is_whole) = (manifest.key.to_string(), manifest.is_whole());
        let part = format!("{:?}–{:?}", manifest.from, manifest.to);
        self.store.write_blocking(&manifest.district, move |tx| {
            meta::set(tx, meta::PUBLIC_KEY, &key)?;
            if !is_whole {
                meta::set(tx, meta::ARCHIVE_PART, &part)?;
            }
            Ok::<(), StoreError>(())
        })?;
        Ok(())
    }

    fn load_table(&self, bundle: &Path, named: &TableFile) -> anyhow::Result<Vec<Finding>> {
        let name = format!("{TABLES}/{}.jsonl", named.name);
        let about = |problem, field| Finding::new(problem, "files", field, &name);
        let Some(table) = Table::named(&named.name) else {
            return Ok(vec![about(Problem::Unreadable, "row")]);
        };
        let Ok(file) = File::open(bundle.join(&name)) else {
            return Ok(vec![about(Problem::Missing, "row")]);
        };
        let (mut hashed, mut rows, mut findings) = (Hashed::default(), 0, Vec::new());
        let mut waiting = Vec::with_capacity(ROWS_AT_ONCE);
        let mut lines = BufReader::new(file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            hashed.add(&line);
            rows += 1;
            match read_row(table, &line) {
                Some(row) => waiting.push(row),
                None => {
                    let place = format!("{name}:{rows}");
                    findings.push(Finding::new(Problem::Unreadable, "files", "row", place));
                }
            }
            if waiting.len() == ROWS_AT_ONCE {
                findings.extend(self.put(table, std::mem::take(&mut waiting))?);
            }
            line.clear();
        }
        findings.extend(self.put(table, waiting)?);
        if hashed.done() != named.sha256 || rows != named.rows {
            findings.push(about(Problem::Changed, "content"));
        }
        Ok(findings)
    }

    /// Puts rows in; what stands there twice was added.
    fn put(&self, table: &'static Table, rows: Vec<Columns>) -> anyhow::Result<Vec<Finding>> {
        let district: &AreaCode = &self.manifest.district;
        let twice = self.store.write_blocking(district, move |tx| {
            // Whoever writes has made a counter row by then.
            if table.name == "counters" {
                table.clear(tx)?;
            }
            let mut twice = 0;
            for row in &rows {
                twice += usize::from(!table.insert(tx, row)?);
            }
            Ok::<_, StoreError>(twice)
        })?;
        let added = |_| Finding::new(Problem::Added, "files", "row", table.name);
        Ok((0..twice).map(added).collect())
    }
}

/// A row's columns with what stands in them.
type Columns = Vec<(&'static str, Cell)>;

fn read_row(table: &'static Table, line: &[u8]) -> Option<Columns> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let members = value.as_object()?;
    let cell = |value: &Value| match value {
        Value::Null => Some(Cell::Null),
        Value::Number(number) => number.as_i64().map(Cell::Int),
        Value::String(text) => Some(Cell::Text(text.clone())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let mut columns = Vec::with_capacity(table.columns.len());
    for name in table.columns {
        if let Some(value) = members.get(*name) {
            columns.push((*name, cell(value)?));
        }
    }
    Some(columns)
}
