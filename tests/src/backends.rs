//! One database per test, on each backend, made quickly and gone at the end.
//!
//! SQLite is a file in a temporary folder. PostgreSQL is the server that `GEWU_TEST_POSTGRES` names
//! (`cargo xtask test` starts one); each test gets a database of its own there. Without the
//! variable those tests fail: a backend that is not tested is not supported.
//! [`on_both!`](crate::on_both) runs one list of tests on all of them.

use postgres::{Client, NoTls};
use sync_server::store::{Store, StoreOptions};
use uuid::Uuid;

/// The variable with the address of a PostgreSQL server that tests may use.
pub const POSTGRES_VARIABLE: &str = "GEWU_TEST_POSTGRES";

/// A place for one database; whatever was made there is removed at the end.
#[derive(Debug)]
pub struct Backend {
    /// The address that a store is made and opened with.
    pub url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder { _folder: tempfile::TempDir },
    Server { admin: String, database: String },
}

impl Backend {
    /// A place for a SQLite file.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without a folder no test can run")]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("gewu.db").display());
        Self {
            url,
            place: Place::Folder { _folder: folder },
        }
    }

    /// A place for a PostgreSQL database.
    ///
    /// # Panics
    /// When no server is named, with words that say what to do.
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "a missing server must fail the test, not skip it"
    )]
    pub fn postgres() -> Self {
        let Ok(admin) = std::env::var(POSTGRES_VARIABLE) else {
            panic!(
                "{POSTGRES_VARIABLE} is not set: run `cargo xtask test`, which starts PostgreSQL"
            )
        };
        let database = format!("gewu_test_{}", Uuid::now_v7().simple());
        let server = admin
            .rsplit_once('/')
            .map_or(admin.as_str(), |(server, _)| server);
        let url = format!("{server}/{database}");
        Self {
            url,
            place: Place::Server { admin, database },
        }
    }

    /// Makes the database and opens it.
    #[must_use]
    pub fn create(&self) -> Store {
        self.create_with(StoreOptions::default())
    }

    /// Makes the database and opens it in some way.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without a database no test can run")]
    pub fn create_with(&self, options: StoreOptions) -> Store {
        options.create(&self.url).expect("a new database")
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let Place::Server { admin, database } = &self.place else {
            return;
        };
        // On a thread of its own: the driver may not be used inside an async test. A server that
        // is gone takes its databases with it, so a failure here is none of the test.
        let remove = || -> Result<(), postgres::Error> {
            let sql = format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)");
            Client::connect(admin, NoTls)?.batch_execute(&sql)
        };
        std::thread::scope(|scope| drop(scope.spawn(remove).join()));
    }
}

/// Runs each of the named functions, which take a `&Backend`, as a test on every backend.
/// A function that is left out of the list is dead code, which the lints refuse.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(&$crate::backends::Backend::sqlite());
            })*
        }
        mod postgres {
            $(#[test]
            fn $name() {
                super::$name(&$crate::backends::Backend::postgres());
            })*
        }
    };
}
