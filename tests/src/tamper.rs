//! Somebody with their hands on the database: changes it beside the server, past every rule.

use crate::backends::Backend;
use postgres::{Client, NoTls};
use rusqlite::Connection;

/// A connection that no foreign key holds back.
pub struct Hand(Kind);

enum Kind {
    Sqlite(Connection),
    Postgres(Box<Client>),
}

impl Hand {
    /// Reaches for a database that is there.
    ///
    /// # Panics
    /// When it can't be opened.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without a database no test can run")]
    pub fn on(backend: &Backend) -> Self {
        let kind = match backend.url.strip_prefix("sqlite://") {
            Some(file) => Kind::Sqlite(Connection::open(file).expect("the file")),
            None => {
                let client = Client::connect(&backend.url, NoTls).expect("the server");
                Kind::Postgres(Box::new(client))
            }
        };
        let mut hand = Self(kind);
        hand.run(match &hand.0 {
            Kind::Sqlite(_) => "PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 5000;",
            Kind::Postgres(_) => "SET session_replication_role = replica;",
        });
        hand
    }

    /// Runs some SQL.
    ///
    /// # Panics
    /// When the database refuses.
    #[expect(clippy::panic, reason = "a test that can't tamper tests nothing")]
    pub fn run(&mut self, sql: &str) {
        let done = match &mut self.0 {
            Kind::Sqlite(connection) => connection.execute_batch(sql).map_err(|e| e.to_string()),
            Kind::Postgres(client) => client.batch_execute(sql).map_err(|e| format!("{e:?}")),
        };
        if let Err(problem) = done {
            panic!("{sql}: {problem}");
        }
    }

    /// One text or none.
    ///
    /// # Panics
    /// As [`Hand::run`].
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that can't look tests nothing")]
    pub fn text(&mut self, sql: &str) -> String {
        match &mut self.0 {
            Kind::Sqlite(connection) => connection
                .query_row(sql, [], |row| row.get(0))
                .expect("one text"),
            Kind::Postgres(client) => client.query_one(sql, &[]).expect("one text").get(0),
        }
    }

    /// The columns of a table.
    ///
    /// # Panics
    /// As [`Hand::run`].
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that can't look tests nothing")]
    pub fn columns(&mut self, table: &str) -> Vec<String> {
        let of = |select: &str| format!("{select} '{table}' ORDER BY 1");
        match &mut self.0 {
            Kind::Sqlite(connection) => {
                let sql = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY 1");
                let mut found = connection.prepare(&sql).expect("a table");
                let rows = found.query_map([], |row| row.get(0)).expect("columns");
                rows.map(|row| row.expect("a name")).collect()
            }
            Kind::Postgres(client) => {
                let sql = of("SELECT column_name::text FROM information_schema.columns \
                    WHERE table_schema = 'public' AND table_name =");
                let rows = client.query(&sql, &[]).expect("columns");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Keeps what a table holds, to be put back after each change.
    pub fn remember(&mut self, table: &str) {
        self.run(&format!(
            "CREATE TABLE kept_{table} AS SELECT * FROM {table}"
        ));
    }

    /// Puts back what a table held.
    pub fn put_back(&mut self, table: &str) {
        self.run(&format!(
            "BEGIN; DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}; COMMIT;"
        ));
    }
}
