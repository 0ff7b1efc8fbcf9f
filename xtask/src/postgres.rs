//! A PostgreSQL of one's own: in a temporary folder, on a free port, gone at the end.
//!
//! PostgreSQL refuses to run as root, so as root everything runs as the user `postgres` that
//! Debian's package makes. Nothing of a system-wide server is read or changed.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::run;

/// The variable by which the tests find the server.
pub(crate) const VARIABLE: &str = "GEWU_TEST_POSTGRES";

/// A running server; stopped and removed when dropped.
pub(crate) struct Postgres {
    programs: PathBuf,
    dir: PathBuf,
    port: u16,
}

/// The folder of `initdb` and `pg_ctl`, the newest version there is.
pub(crate) fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop()
}

/// Runs a command that finds a server of its own.
pub(crate) fn run_with(command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no command was given")?;
    let server = Postgres::start()?;
    run::run(
        run::command(program)
            .args(arguments)
            .env(VARIABLE, server.url()),
    )
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs().context("PostgreSQL is not installed")?;
        // Ctrl-C reaches the command that we run, too: it ends, and then the server is stopped.
        // A handler that was there already does the same.
        let _ = ctrlc::set_handler(|| eprintln!("  stopping"));
        let template = std::env::temp_dir().join("gewu-postgres-XXXXXX");
        let dir = run::read(as_postgres("mktemp").arg("-d").arg(template))?;
        let dir = PathBuf::from(dir.trim());
        // Asked for and given back: the next to ask for a free port gets another.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Self {
            programs,
            dir,
            port,
        };
        server.init()?;
        server.launch()?;
        server.port = port;
        eprintln!("  PostgreSQL listens on 127.0.0.1:{port}");
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn init(&self) -> Result<()> {
        run::run(
            as_postgres(self.programs.join("initdb"))
                .args([
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                ])
                .arg("--no-sync")
                .arg("-D")
                .arg(self.data())
                .stdout(Stdio::null()),
        )
    }

    fn launch(&self) -> Result<()> {
        // No fsync: the cluster lives as long as the test run, and the tests are about behaviour.
        let options = format!(
            "-c listen_addresses=127.0.0.1 -p {} -k {} -c fsync=off -c full_page_writes=off \
             -c max_connections=200 -c shared_buffers=64MB",
            self.port,
            self.dir.display(),
        );
        run::run(
            as_postgres(self.programs.join("pg_ctl"))
                .args(["start", "--wait", "--silent", "--timeout=60", "-D"])
                .arg(self.data())
                .arg("-l")
                .arg(self.dir.join("log"))
                .arg("-o")
                .arg(options)
                .stdout(Stdio::null()),
        )
        .with_context(|| {
            std::fs::read_to_string(self.dir.join("log")).unwrap_or_else(|_| "no log".to_owned())
        })
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = as_postgres(self.programs.join("pg_ctl"))
            .args(["stop", "--wait", "--mode=immediate", "--silent", "-D"])
            .arg(self.data())
            .stdout(Stdio::null())
            .status();
        if stopped.is_ok_and(|status| status.success())
            && let Err(error) = std::fs::remove_dir_all(&self.dir)
        {
            eprintln!("  could not remove {}: {error}", self.dir.display());
        }
    }
}

/// A command, as the user `postgres` if we are root.
fn as_postgres(program: impl AsRef<Path>) -> Command {
    let program = program.as_ref();
    let mut command = if run::is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The user postgres may not be able to enter the work tree.
    command.current_dir("/");
    command
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::Postgres;

    #[test]
    fn a_server_listens_while_it_is_held_and_leaves_nothing_behind() {
        let server = Postgres::start().unwrap();
        let (port, dir) = (server.port, server.dir.clone());
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(server);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!dir.exists());
    }
}
