//! PostgreSQL behind the seam: the only file of the server that names the `postgres` driver.
//!
//! The driver is synchronous and brings a small runtime of its own, so a connection must live and
//! die on a plain thread; the lanes and readers above see to that.
//! Held by `tests/tests/store_contract.rs`.

use super::error::{Result, StoreError};
use super::tx::{Cell, Dialect, Driver, Row, Value, hex};
use postgres::error::SqlState;
use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::str::FromStr;
use std::time::Duration;
use uuid::fmt::Hyphenated;

/// A server that doesn't answer within this is treated as away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What was sent and not acknowledged for this long ends the connection: a machine that vanished
/// without a word sends no reset, and a district has one writer that would wait for it for as long
/// as the system sends again, a quarter of an hour. Long enough for a switch to come up again.
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(30);
/// While an answer is waited for, nothing is unacknowledged: only probes find out that nobody is
/// there. They begin after this silence; the driver would begin after two hours.
const PROBES_AFTER: Duration = Duration::from_secs(15);
/// Between two probes: with [`PROBES_MAX`] a dead connection ends after half a minute.
const PROBES_EACH: Duration = Duration::from_secs(5);
/// Probes without an answer that end the connection: one or two may be lost on a poor network.
const PROBES_MAX: u32 = 3;
/// How long a statement waits for a lock before the whole batch is tried again.
const LOCK_TIMEOUT_MS: u32 = 5_000;
/// Statements kept prepared for each connection: all texts of the store fit; lists with unusual
/// filters beyond it start the cache anew.
const STATEMENTS_MAX: usize = 512;

/// One connection.
pub(super) struct Postgres {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Postgres {
    /// Connects to a database that is there.
    pub(super) fn open(url: &str) -> Result<Self> {
        let mut config = config(url)?;
        config.connect_timeout(CONNECT_TIMEOUT);
        if config.get_application_name().is_none() {
            config.application_name("gewu-server");
        }
        let mut client = config.connect(NoTls).map_err(|error| match error.code() {
            Some(&SqlState::INVALID_CATALOG_NAME) => StoreError::Missing(shown(&config)),
            _ => failed(&error),
        })?;
        client
            .batch_execute(&format!(
                "SET synchronous_commit = 'on';
                 SET client_encoding = 'UTF8';
                 SET lock_timeout = {LOCK_TIMEOUT_MS};"
            ))
            .map_err(|error| failed(&error))?;
        let mut open = Self {
            client,
            statements: HashMap::new(),
        };
        open.check_collation()?;
        Ok(open)
    }

    /// Makes the database when it isn't there, over the `postgres` database of the same server.
    pub(super) fn create(url: &str) -> Result<Self> {
        match Self::open(url) {
            Err(StoreError::Missing(_)) => {}
            other => return other,
        }
        let mut admin = config(url)?;
        let name = admin.get_dbname().unwrap_or_default().to_owned();
        admin.dbname("postgres").connect_timeout(CONNECT_TIMEOUT);
        let quoted = name.replace('"', "\"\"");
        admin
            .connect(NoTls)
            .map_err(|error| failed(&error))?
            .batch_execute(&format!(
                "CREATE DATABASE \"{quoted}\" TEMPLATE template0 ENCODING 'UTF8'
                 LC_COLLATE 'C' LC_CTYPE 'C'"
            ))
            .map_err(|error| failed(&error))?;
        Self::open(url)
    }

    /// Keys are compared byte by byte, as on SQLite; another collation would cut prefix ranges and
    /// keyset pages in the wrong place.
    fn check_collation(&mut self) -> Result<()> {
        const SQL: &str =
            "SELECT CAST(datcollate AS TEXT) FROM pg_database WHERE datname = current_database()";
        let rows = self.query(SQL, &[])?;
        let collation = rows.first().map_or(Ok(""), |row| row.text(0))?;
        match collation {
            "C" | "POSIX" | "C.UTF-8" | "C.utf8" => Ok(()),
            other => Err(StoreError::Collation(other.to_owned())),
        }
    }

    fn prepare(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        // Types come from the first values, so that `LIMIT $3` or `$1 + 1` needs no cast; a first
        // NULL leaves its type to the column it goes to.
        let types: Vec<Type> = params.iter().map(sql_type).collect();
        let statement = self
            .client
            .prepare_typed(sql, &types)
            .map_err(|error| failed(&error))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

fn config(url: &str) -> Result<Config> {
    let mut config =
        Config::from_str(url).map_err(|error| StoreError::Address(error.to_string()))?;
    if config.get_dbname().is_none() {
        return Err(StoreError::Address(String::from(
            "the address names no database",
        )));
    }
    notice_silence(&mut config);
    Ok(config)
}

/// Lets a server that vanished be noticed, where the address doesn't say how.
fn notice_silence(config: &mut Config) {
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_TIMEOUT);
    }
    // The driver has a value of its own here, which no address is likely to ask for.
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(PROBES_AFTER);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(PROBES_EACH);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(PROBES_MAX);
    }
}

/// The database without user and password, for messages.
fn shown(config: &Config) -> String {
    format!("postgres://…/{}", config.get_dbname().unwrap_or_default())
}

const fn sql_type(value: &Value<'_>) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Text(_) | Value::Id(_) | Value::Hash(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
    }
}

fn slots<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| -> &(dyn ToSql + Sync) { value })
        .collect()
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(number), &Type::INT8) => number.to_sql(ty, out),
            (Value::Int(number), &Type::INT4) => i32::try_from(*number)?.to_sql(ty, out),
            (Value::Text(text), &Type::TEXT | &Type::VARCHAR) => text.to_sql(ty, out),
            (Value::Id(id), &Type::TEXT | &Type::VARCHAR) => {
                let mut text = [0; Hyphenated::LENGTH];
                let text: &str = id.as_hyphenated().encode_lower(&mut text);
                text.to_sql(ty, out)
            }
            (Value::Hash(hash), &Type::TEXT | &Type::VARCHAR) => {
                out.extend_from_slice(&hex(hash));
                Ok(IsNull::No)
            }
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            _ => Err(format!("a value does not fit a parameter of type {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        match *ty {
            Type::INT8 => i64::from_sql(ty, raw).map(Cell::Int),
            Type::INT4 => i32::from_sql(ty, raw).map(|number| Cell::Int(i64::from(number))),
            Type::BOOL => bool::from_sql(ty, raw).map(|flag| Cell::Int(i64::from(flag))),
            Type::BYTEA => Ok(Cell::Bytes(raw.to_vec())),
            _ => String::from_sql(ty, raw).map(Cell::Text),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Cell::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::BOOL | Type::BYTEA)
            || <String as FromSql<'_>>::accepts(ty)
    }
}

impl Driver for Postgres {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn query(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Vec<Row>> {
        let statement = self.prepare(sql, params)?;
        count(&statement, params)?;
        let found = self
            .client
            .query(&statement, &slots(params))
            .map_err(|error| failed(&error))?;
        let row = |row: &postgres::Row| {
            let wanted = |column| StoreError::Column {
                column,
                wanted: "a portable type",
            };
            (0..row.len())
                .map(|column| row.try_get::<_, Cell>(column).map_err(|_| wanted(column)))
                .collect::<Result<Vec<Cell>>>()
                .map(Row::new)
        };
        found.iter().map(row).collect()
    }

    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64> {
        let statement = self.prepare(sql, params)?;
        count(&statement, params)?;
        self.client
            .execute(&statement, &slots(params))
            .map_err(|error| failed(&error))
    }

    fn control(&mut self, sql: &'static str) -> Result<()> {
        self.client
            .batch_execute(sql)
            .map_err(|error| failed(&error))
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.client
            .batch_execute(sql)
            .map_err(|error| failed(&error))
    }

    fn begin_write(&mut self) -> Result<()> {
        self.control("BEGIN ISOLATION LEVEL READ COMMITTED")
    }

    fn begin_read(&mut self) -> Result<()> {
        self.control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn commit(&mut self) -> Result<()> {
        self.control("COMMIT").map_err(|error| match error {
            StoreError::Lost(text) => StoreError::CommitUnknown(text),
            other => other,
        })
    }

    fn rollback(&mut self) -> Result<()> {
        self.control("ROLLBACK")
    }

    fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    fn has_table(&mut self, name: &str) -> Result<bool> {
        const SQL: &str = "SELECT count(*) FROM pg_tables
            WHERE schemaname = current_schema() AND tablename = $1";
        let rows = self.query(SQL, &[Value::Text(name)])?;
        rows.first().map_or(Ok(false), |row| row.flag(0))
    }
}

fn count(statement: &Statement, params: &[Value<'_>]) -> Result<()> {
    let wanted = statement.params().len();
    if wanted == params.len() {
        return Ok(());
    }
    Err(StoreError::Database(format!(
        "{} values for {wanted} placeholders",
        params.len()
    )))
}

fn failed(error: &postgres::Error) -> StoreError {
    let Some(refusal) = error.as_db_error() else {
        // Without an answer from the server it is either the line or a value that doesn't fit.
        let source = error
            .source()
            .map_or_else(String::new, |source| format!(": {source}"));
        let text = format!("{error}{source}");
        let broke = error.is_closed()
            || error
                .source()
                .is_some_and(|source| source.is::<std::io::Error>());
        return if broke {
            StoreError::Lost(text)
        } else {
            StoreError::Database(text)
        };
    };
    let text = refusal.message().to_owned();
    match refusal.code() {
        &SqlState::UNIQUE_VIOLATION => {
            StoreError::Conflict(refusal.constraint().unwrap_or(&text).to_owned())
        }
        &SqlState::FOREIGN_KEY_VIOLATION => {
            StoreError::Dangling(refusal.constraint().unwrap_or(&text).to_owned())
        }
        &SqlState::READ_ONLY_SQL_TRANSACTION => StoreError::ReadOnly,
        &SqlState::IN_FAILED_SQL_TRANSACTION => StoreError::Aborted(text),
        &SqlState::DISK_FULL => StoreError::Full(text),
        &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::T_R_DEADLOCK_DETECTED
        | &SqlState::LOCK_NOT_AVAILABLE
        | &SqlState::TOO_MANY_CONNECTIONS => StoreError::Busy(text),
        code if code.code().starts_with("08") || code.code().starts_with("57P") => {
            StoreError::Lost(text)
        }
        _ => StoreError::Database(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_server_that_vanished_is_noticed_unless_the_address_says_otherwise() {
        let usual = config("postgres://gewu@database/gewu").unwrap();
        assert_eq!(usual.get_tcp_user_timeout(), Some(&UNACKNOWLEDGED_TIMEOUT));
        assert_eq!(usual.get_keepalives_idle(), PROBES_AFTER);
        assert_eq!(usual.get_keepalives_interval(), Some(PROBES_EACH));
        assert_eq!(usual.get_keepalives_retries(), Some(PROBES_MAX));
        assert!(usual.get_keepalives());
        let said = config(
            "postgres://gewu@database/gewu?tcp_user_timeout=90&keepalives_idle=60\
             &keepalives_interval=20&keepalives_retries=9",
        );
        let said = said.unwrap();
        let seconds = Duration::from_secs;
        assert_eq!(said.get_tcp_user_timeout(), Some(&seconds(90)));
        assert_eq!(said.get_keepalives_idle(), seconds(60));
        assert_eq!(said.get_keepalives_interval(), Some(seconds(20)));
        assert_eq!(said.get_keepalives_retries(), Some(9));
    }
}
