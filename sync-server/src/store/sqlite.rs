//! SQLite behind the seam: the only file of the server that names `rusqlite`.
//!
//! WAL with `synchronous=FULL`: a commit is on the disk before it is answered. A lane's connection
//! leaves the sync to `log.rs`, called by the store's disk before anybody hears of the commit.
//! Foreign keys are on for every connection. Placeholders `$1…` are rewritten to `?1…`, SQLite's
//! own numbered ones.
//! Held by `tests/tests/store_contract.rs` and the tests below.

use super::error::{Result, StoreError};
use super::log::Log;
use super::tx::{Cell, Dialect, Driver, Row, Value, hex};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ffi};
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use uuid::fmt::Hyphenated;

/// How long a statement waits for another process that holds the write lock (a `gewu-server`
/// command beside a running server), in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// Page cache of the writer, in KiB: what it touches again and again. It has its price, since a
/// commit that splits a page walks through all of it (SQLite numbers pages anew by way of the page
/// that is never used, and forgets what is beyond the end); what falls out is in the page cache of
/// the system.
const WRITER_CACHE_KIB: u32 = 8 * 1024;
/// Pages that a transaction changes before it begins to write them to the log: those of the fullest
/// batch. Earlier only means to write many of them twice.
const SPILL_PAGES: u32 = 16 * 1024;
/// Page cache of each reader, in KiB: readers share the mapped file besides.
const READER_CACHE_KIB: u32 = 8 * 1024;
/// How much of the file is read through the page cache of the system instead of being copied.
const MMAP_BYTES: u32 = 256 * 1024 * 1024;
/// Pages in the write-ahead log before the writer moves them into the file: 32 MiB, so that the
/// two extra syncs of a checkpoint come once in hundreds of single reports, and the ends of the
/// indices, which nearly every report touches, are moved once for all of these.
const WAL_PAGES: u32 = 8_000;
/// Statements kept prepared for each connection: all texts of the store fit.
const STATEMENTS_MAX: usize = 512;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Write,
    /// Writing for a lane of a store, whose disk syncs the log before anybody is answered.
    Lane,
    Read,
    /// Reading a file that nobody writes, without a trace.
    Still,
    /// Writing a file that is thrown away, past foreign keys.
    Scratch,
}

/// One connection to the file.
pub(super) struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Opens a file that is there.
    pub(super) fn open(path: &Path, used_for: Use) -> Result<Self> {
        if !path.is_file() {
            return Err(StoreError::Missing(path.display().to_string()));
        }
        if used_for == Use::Still
            && let Some(uri) = unchanging(path)
        {
            return Self::connect(Path::new(&uri), used_for, OpenFlags::SQLITE_OPEN_URI);
        }
        Self::connect(path, used_for, OpenFlags::empty())
    }

    /// Makes the file; for `init` only.
    pub(super) fn create(path: &Path) -> Result<Self> {
        Self::connect(path, Use::Write, OpenFlags::SQLITE_OPEN_CREATE)
    }

    fn connect(path: &Path, used_for: Use, flags: OpenFlags) -> Result<Self> {
        let access = match used_for {
            Use::Write | Use::Lane | Use::Read | Use::Scratch => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Use::Still => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let flags = flags | access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        // Else a statement is planned again for each new value that touches an index: a quarter
        // of the writer's time.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(failed)?;
        let (cache_kib, query_only) = match used_for {
            Use::Write | Use::Lane | Use::Scratch => (WRITER_CACHE_KIB, "OFF"),
            Use::Read | Use::Still => (READER_CACHE_KIB, "ON"),
        };
        if used_for != Use::Still {
            connection
                .execute_batch(&format!(
                    "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};
                     PRAGMA journal_mode = WAL;"
                ))
                .map_err(failed)?;
        }
        let (keys, durable) = match used_for {
            Use::Scratch => ("OFF", "OFF"),
            // Checkpoints are synced all the same, and so the log may begin anew.
            Use::Lane => ("ON", "NORMAL"),
            Use::Write | Use::Read | Use::Still => ("ON", "FULL"),
        };
        // A lane's is moved between two commits, so that nobody who reads waits for it.
        let log_pages = if used_for == Use::Lane { 0 } else { WAL_PAGES };
        connection
            .execute_batch(&format!(
                "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};
                 PRAGMA foreign_keys = {keys};
                 PRAGMA synchronous = {durable};
                 PRAGMA cache_size = -{cache_kib};
                 PRAGMA cache_spill = {SPILL_PAGES};
                 PRAGMA mmap_size = {MMAP_BYTES};
                 PRAGMA wal_autocheckpoint = {log_pages};
                 PRAGMA temp_store = MEMORY;
                 PRAGMA secure_delete = FAST;
                 PRAGMA query_only = {query_only};"
            ))
            .map_err(failed)?;
        Ok(Self { connection })
    }

    fn prepare(&self, sql: &str, params: &[Value<'_>]) -> Result<CachedStatement<'_>> {
        let mut statement = self
            .connection
            .prepare_cached(&placeholders(sql))
            .map_err(failed)?;
        if statement.parameter_count() != params.len() {
            return Err(StoreError::Database(format!(
                "{} values for {} placeholders",
                params.len(),
                statement.parameter_count()
            )));
        }
        for (index, value) in (1..).zip(params) {
            bind(&mut statement, index, value).map_err(failed)?;
        }
        Ok(statement)
    }
}

/// Has the disk take what a program left in the log that was killed, or whose disk failed: the
/// pages go into the database, by their sums, and are synced there. Beside a running server, or
/// without room, the log is synced where it is.
pub(super) fn settle(path: &Path) -> Result<()> {
    let mut database = Sqlite::open(path, Use::Write)?;
    match database.query("PRAGMA wal_checkpoint(PASSIVE)", &[]) {
        Ok(rows) => match rows.first() {
            Some(row) if row.int(0)? == 0 && row.int(1)? == row.int(2)? => Ok(()),
            _ => Log::of(path).sync(),
        },
        Err(StoreError::Full(_) | StoreError::Busy(_)) => Log::of(path).sync(),
        Err(error) => Err(error),
    }
}

/// Copies a database as it is at one moment into a new file.
/// One that is [`Use::Still`] keeps each byte and may lie where nothing can be written.
pub(super) fn copy(from: &Path, used_for: Use, to: &Path) -> Result<()> {
    let source = Sqlite::open(from, used_for)?;
    // It would hold for the copy too.
    source
        .connection
        .execute_batch("PRAGMA query_only = OFF")
        .map_err(failed)?;
    let to = to.display().to_string();
    let mut statement = source
        .connection
        .prepare("VACUUM INTO ?1")
        .map_err(failed)?;
    statement.execute([to]).map_err(failed)?;
    Ok(())
}

/// Whether every page and index of a database can be read.
pub(super) fn check_whole(path: &Path) -> Result<()> {
    let database = Sqlite::open(path, Use::Read)?;
    let words: String = database
        .connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if words == "ok" {
        Ok(())
    } else {
        Err(StoreError::Database(words))
    }
}

/// Folds the log into the file, which SQLite does only for whoever is alone on it.
pub(super) fn take_alone(path: &Path) -> Result<()> {
    let database = Sqlite::open(path, Use::Write)?;
    let mode = database
        .connection
        .query_row("PRAGMA journal_mode = DELETE", [], |row| {
            row.get::<_, String>(0)
        })
        .map_err(failed);
    match mode {
        Ok(mode) if mode == "delete" => Ok(()),
        Ok(_) | Err(StoreError::Busy(_)) => Err(in_use(path)),
        Err(error) => Err(error),
    }
}

pub(super) fn in_use(path: &Path) -> StoreError {
    let words = format!("{} is in use; stop the server first", path.display());
    StoreError::Busy(words)
}

/// The address by which SQLite takes a file for one that nobody changes. Otherwise one that was in
/// use once can only be read beside a log, which SQLite would make. None for a file with a log.
fn unchanging(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let has = |tail: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(tail);
        Path::new(&name).exists()
    };
    if has("-wal") || has("-journal") {
        return None;
    }
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match char::from(*byte) {
            plain @ ('a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '.' | '-' | '_') => uri.push(plain),
            _ => write!(uri, "%{byte:02X}").unwrap_or_default(),
        }
    }
    uri.push_str("?immutable=1");
    Some(uri)
}

fn bind(
    statement: &mut CachedStatement<'_>,
    index: usize,
    value: &Value<'_>,
) -> rusqlite::Result<()> {
    let mut id_text = [0; Hyphenated::LENGTH];
    let hash_text;
    let value = match value {
        Value::Null => ValueRef::Null,
        Value::Int(number) => ValueRef::Integer(*number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Id(id) => ValueRef::Text(id.as_hyphenated().encode_lower(&mut id_text).as_bytes()),
        Value::Hash(hash) => {
            hash_text = hex(hash);
            ValueRef::Text(&hash_text)
        }
        Value::Bytes(bytes) => ValueRef::Blob(bytes),
    };
    statement.raw_bind_parameter(index, ToSqlOutput::Borrowed(value))
}

impl Driver for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>> {
        let mut statement = self.prepare(sql, params)?;
        let columns = statement.column_count();
        let mut found = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(failed)? {
            let mut cells = Vec::with_capacity(columns);
            for column in 0..columns {
                cells.push(cell(row.get_ref(column).map_err(failed)?, column)?);
            }
            rows.push(Row::new(cells));
        }
        Ok(rows)
    }

    fn each(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        look: &mut dyn FnMut(&mut Row) -> bool,
    ) -> Result<()> {
        let mut statement = self.prepare(sql, params)?;
        let mut row = Row::new(vec![Cell::Null; statement.column_count()]);
        let mut found = statement.raw_query();
        while let Some(next) = found.next().map_err(failed)? {
            for (column, into) in row.cells_mut().iter_mut().enumerate() {
                refill(into, next.get_ref(column).map_err(failed)?, column)?;
            }
            if !look(&mut row) {
                break;
            }
        }
        Ok(())
    }

    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64> {
        let changed = self.prepare(sql, params)?.raw_execute().map_err(failed)?;
        u64::try_from(changed).map_err(|error| StoreError::Database(error.to_string()))
    }

    fn control(&mut self, sql: &'static str) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        statement.raw_execute().map_err(failed)?;
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(failed)
    }

    fn begin_write(&mut self) -> Result<()> {
        self.control("BEGIN IMMEDIATE")
    }

    fn begin_read(&mut self) -> Result<()> {
        self.control("BEGIN")
    }

    fn commit(&mut self) -> Result<()> {
        self.control("COMMIT").map_err(|error| match error {
            // After a failed sync nobody can say whether the frames will be there after a crash.
            StoreError::Lost(text) => StoreError::CommitUnknown(text),
            other => other,
        })
    }

    fn move_log(&mut self) -> Result<()> {
        const PAGES: &str = "PRAGMA wal_checkpoint(NOOP)";
        const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
        let log = self.query(PAGES, &[])?;
        let pages = log.first().map_or(Ok(0), |row| row.int(1))?;
        if pages >= i64::from(WAL_PAGES) {
            self.query(MOVE, &[])?;
        }
        Ok(())
    }

    fn leave_log(&mut self) {
        let config = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        if let Err(error) = self.connection.set_db_config(config, true) {
            tracing::error!(%error, "could not keep the log from being moved");
        }
    }

    fn rollback(&mut self) -> Result<()> {
        // A full disk or a failed read makes SQLite roll back by itself; then there is nothing left
        // to undo, and asking again would be an error.
        if self.connection.is_autocommit() {
            Ok(())
        } else {
            self.control("ROLLBACK")
        }
    }

    fn is_open(&self) -> bool {
        !self.connection.is_autocommit()
    }

    fn has_table(&mut self, name: &str) -> Result<bool> {
        const SQL: &str = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1";
        let rows = self.query(SQL, &[Value::Text(name)])?;
        rows.first().map_or(Ok(false), |row| row.flag(0))
    }
}

fn cell(value: ValueRef<'_>, column: usize) -> Result<Cell> {
    match value {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(number) => Ok(Cell::Int(number)),
        ValueRef::Text(text) => utf8(text, column).map(|text| Cell::Text(text.to_owned())),
        ValueRef::Blob(bytes) => Ok(Cell::Bytes(bytes.to_vec())),
        ValueRef::Real(_) => Err(StoreError::Column {
            column,
            wanted: "anything but a float",
        }),
    }
}

/// Fills a cell with the next row's value. A text goes where the last one was, unless that was taken.
fn refill(into: &mut Cell, value: ValueRef<'_>, column: usize) -> Result<()> {
    match (into, value) {
        (Cell::Text(kept), ValueRef::Text(text)) => {
            kept.clear();
            kept.push_str(utf8(text, column)?);
        }
        (into, value) => *into = cell(value, column)?,
    }
    Ok(())
}

fn utf8(text: &[u8], column: usize) -> Result<&str> {
    std::str::from_utf8(text).map_err(|_| StoreError::Column {
        column,
        wanted: "UTF-8",
    })
}

/// To SQLite `$1` is a name: it numbers names by first appearance, and compares each with all before
/// it. `?1` is a number.
fn placeholders(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    // Every second piece between quotes is a quoted text.
    for (at, piece) in sql.split('\'').enumerate() {
        if at > 0 {
            text.push('\'');
        }
        if at % 2 == 1 {
            text.push_str(piece);
            continue;
        }
        // Whole pieces are searched for the rare `$`: this runs for every statement of every report.
        for (at, between) in piece.split('$').enumerate() {
            if at > 0 {
                text.push('?');
            }
            text.push_str(between);
        }
    }
    text
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the argument of every `map_err` here"
)]
fn failed(error: rusqlite::Error) -> StoreError {
    let text = error.to_string();
    let rusqlite::Error::SqliteFailure(failure, _) = &error else {
        return StoreError::Database(text);
    };
    match (failure.code, failure.extended_code) {
        (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            StoreError::Conflict(text)
        }
        (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => StoreError::Dangling(text),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => StoreError::Busy(text),
        (ErrorCode::DiskFull, _) => StoreError::Full(text),
        (ErrorCode::SystemIoFailure | ErrorCode::CannotOpen, _) => StoreError::Lost(text),
        (ErrorCode::ReadOnly, _) => StoreError::ReadOnly,
        _ => StoreError::Database(text),
    }
}

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn placeholders_are_numbers_in_any_order() {
        assert_eq!(
            placeholders("a = $1 AND b = $2 OR c = $1"),
            "a = ?1 AND b = ?2 OR c = ?1"
        );
        assert_eq!(placeholders("a = $2 AND b = $1"), "a = ?2 AND b = ?1");
        assert_eq!(
            placeholders("a = '$2' AND b = $1 || ''"),
            "a = '$2' AND b = ?1 || ''"
        );
        assert_eq!(placeholders("a = ''"), "a = ''");
        assert_eq!(placeholders("$10$11"), "?10?11");
    }
}
