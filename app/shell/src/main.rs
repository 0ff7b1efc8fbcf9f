//! The program `gewu-handheld`: everything is in the library, which phones load instead.

use std::process::ExitCode;

fn main() -> ExitCode {
    app_shell::run()
}
