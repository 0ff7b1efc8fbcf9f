//! Makes an archive: under a name that says it isn't finished, and renamed when everything is on the
//! disk, so that a half one is never taken for a whole one.

use super::{FORMAT, Hashed, MANIFEST, Manifest, PHOTOS, SIGNATURE, Signed, TABLES, TableFile};
use crate::photo_store::PhotoStore;
use crate::service::archive::day_begins;
use crate::store::dump::{self, Table};
use crate::store::{Cell, Store, Tx};
use anyhow::{Context, ensure};
use serde_json::{Map, Value};
use shared::id::{AreaCode, Sha256};
use shared::signature::SecretKey;
use shared::time::{DAY_MS, Timestamp};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rows that are in memory at once.
const ROWS_AT_ONCE: usize = 1_000;
/// What a person finds beside the files.
const WORDS: &str = "格物存档。校验：gewu-server verify 本目录 --key 公钥（公钥请从另外的渠道取得）。\n\
    tables/ 每行一条记录（JSON），photos/ 以哈希命名，manifest.json 列出各文件的哈希并由服务器签名。\n\n\
    An archive of Gewu. Check it with: gewu-server verify THIS_FOLDER --key KEY, with a key that\n\
    you got by another way.\n";

/// What is to be archived.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The district.
    pub district: AreaCode,
    /// First day of the cases, as 20261124; none for all.
    pub from: Option<i64>,
    /// Last day.
    pub to: Option<i64>,
    /// The moment it is made.
    pub now: Timestamp,
}

impl Wanted {
    /// From when to when cases were opened.
    fn opened(&self) -> anyhow::Result<(Timestamp, Timestamp)> {
        let begins = |day: i64| day_begins(day).with_context(|| format!("{day} is no day"));
        let from = self.from.map(begins).transpose()?;
        let to = self
            .to
            .map(begins)
            .transpose()?
            .map(|to| to.plus_ms(DAY_MS));
        let opened = (
            from.unwrap_or(Timestamp(i64::MIN)),
            to.unwrap_or(Timestamp(i64::MAX)),
        );
        ensure!(opened.0 < opened.1, "the first day is behind the last");
        Ok(opened)
    }
}

/// Writes an archive into a folder that must not be there yet. A server may be running.
///
/// # Errors
/// When there is such a folder, or database, photos or disk fail; what was begun is removed by the
/// next try.
pub fn write(
    store: &Store,
    photos: &PhotoStore,
    out: &Path,
    wanted: &Wanted,
    key: &SecretKey,
) -> anyhow::Result<Manifest> {
    ensure!(!out.exists(), "there is already {}", out.display());
    let opened = wanted.opened()?;
    let part = unfinished(out);
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    std::fs::create_dir_all(part.join(TABLES))
        .with_context(|| format!("could not make {}", part.display()))?;
    let folder = part.join(TABLES);
    // One read: every table is of the same moment.
    let tables = store.read_blocking(move |tx| {
        let tables = dump::TABLES.iter();
        tables
            .map(|table| write_table(tx, table, opened, &folder))
            .collect::<anyhow::Result<Vec<_>>>()
    })?;
    let (copied, missing) = copy_photos(photos, &part)?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        district: wanted.district.clone(),
        made_ms: wanted.now,
        from: wanted.from,
        to: wanted.to,
        key: key.public(),
        tables,
        photos: copied,
        photos_missing: missing,
    };
    let text = serde_json::to_vec_pretty(&manifest)?;
    let signed = serde_json::to_vec_pretty(&Signed::by(key, &text))?;
    put(&part.join(MANIFEST), &text)?;
    put(&part.join(SIGNATURE), &signed)?;
    put(&part.join("README.txt"), WORDS.as_bytes())?;
    File::open(&part)?.sync_all()?;
    std::fs::rename(&part, out)?;
    let above = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(manifest)
}

fn unfinished(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

fn write_table(
    tx: &mut dyn Tx,
    table: &Table,
    opened: (Timestamp, Timestamp),
    folder: &Path,
) -> anyhow::Result<TableFile> {
    let file = File::create(folder.join(format!("{}.jsonl", table.name)))?;
    let (mut file, mut hashed) = (BufWriter::new(file), Hashed::default());
    let (mut rows, mut after) = (0, None);
    loop {
        let page = table.page(tx, opened, after.as_deref(), ROWS_AT_ONCE)?;
        rows += page.len();
        for row in &page {
            let line = format!("{}\n", line(table, row));
            hashed.add(line.as_bytes());
            file.write_all(line.as_bytes())?;
        }
        let is_last = page.len() < ROWS_AT_ONCE;
        after = page.into_iter().next_back();
        if is_last {
            break;
        }
    }
    file.into_inner()
        .map_err(|error| error.into_error())?
        .sync_all()?;
    Ok(TableFile {
        name: table.name.to_owned(),
        rows,
        sha256: hashed.done(),
    })
}

/// A row as a JSON object in the order of the columns' names.
fn line(table: &Table, row: &[Cell]) -> Value {
    let value = |cell: &Cell| match cell {
        Cell::Null | Cell::Bytes(_) => Value::Null,
        Cell::Int(number) => Value::from(*number),
        Cell::Text(text) => Value::from(text.as_str()),
    };
    let columns = table.columns.iter().zip(row);
    let members = columns.map(|(name, cell)| ((*name).to_owned(), value(cell)));
    Value::Object(members.collect::<Map<_, _>>())
}

/// Copies the bytes of the photos and previews that the tables say are there; how many, and how many
/// weren't.
fn copy_photos(photos: &PhotoStore, part: &Path) -> anyhow::Result<(usize, usize)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = part.join(PHOTOS);
    std::fs::create_dir_all(&folder)?;
    let (mut copied, mut missing) = (0, 0);
    for table in ["photos", "previews"] {
        let lines = File::open(part.join(TABLES).join(format!("{table}.jsonl")))?;
        for line in BufReader::new(lines).lines() {
            let row: Value = serde_json::from_str(&line?)?;
            let hash = row.get("hash").and_then(Value::as_str);
            let hash: Option<Sha256> = hash.and_then(|hash| hash.parse().ok());
            let is_here = row.get("stored_ms").is_some_and(Value::is_i64);
            let Some(hash) = hash.filter(|_| is_here) else {
                continue;
            };
            let Some(bytes) = runtime.block_on(photos.read(hash))? else {
                missing += 1;
                continue;
            };
            let name = hash.to_string();
            let below = folder.join(name.get(..2).unwrap_or_default());
            std::fs::create_dir_all(&below)?;
            put(&below.join(name), &bytes)?;
            copied += 1;
        }
    }
    Ok((copied, missing))
}
