//! Where a PIN comes from: a file, a variable, or the person at the terminal. Never an argument,
//! since others may see command lines.

use crate::args::{Cli, PinArgs};
use crate::commands::{Outcome, Stop};
use app_core::vault::{self, Lock};
use app_core::{App, Config, CoreError, Edge};
use serde_json::json;
use std::io::IsTerminal;
use std::path::Path;

/// The variable that holds the PIN.
const VARIABLE: &str = "GEWU_PIN";

/// Opens the handheld, by its PIN where one is set.
pub(crate) fn open(cli: &Cli, config: Config, edge: &Edge) -> Result<App, Stop> {
    if !matches!(
        vault::look(&cli.dir).map_err(CoreError::from)?,
        Lock::Pin(_)
    ) {
        return Ok(App::open(&cli.dir, config)?);
    }
    let key = vault::unlock(&cli.dir, &given(cli)?, edge.now()).map_err(CoreError::from)?;
    Ok(App::open_with(&cli.dir, config, &key)?)
}

/// Sets, changes or takes away the PIN.
pub(crate) fn set(cli: &Cli, args: &PinArgs, edge: &Edge) -> Result<Outcome, Stop> {
    let is_set = matches!(
        vault::look(&cli.dir).map_err(CoreError::from)?,
        Lock::Pin(_)
    );
    let old = if is_set { given(cli)? } else { String::new() };
    let new = match (&args.new_pin_file, args.remove) {
        (_, true) => None,
        (Some(file), false) => Some(first_line(file)?),
        (None, false) => Some(asked_twice()?),
    };
    vault::set_pin(&cli.dir, &old, new.as_deref(), edge.now()).map_err(CoreError::from)?;
    let text = if new.is_some() {
        "PIN 已设好"
    } else {
        "已取消 PIN"
    };
    Ok(Outcome {
        text: text.to_owned(),
        json: json!({"pin_set": new.is_some()}),
        code: 0,
    })
}

/// Moves the key into the system's keyring, or out of it.
pub(crate) fn keyring(cli: &Cli, remove: bool) -> Result<Outcome, Stop> {
    vault::use_keyring(&cli.dir, !remove).map_err(CoreError::from)?;
    let text = if remove {
        "密钥已放回本机文件"
    } else {
        "密钥已放进系统钥匙串"
    };
    Ok(Outcome {
        text: text.to_owned(),
        json: json!({"in_keyring": !remove}),
        code: 0,
    })
}

fn given(cli: &Cli) -> Result<String, Stop> {
    if let Some(file) = &cli.pin_file {
        return first_line(file);
    }
    if let Ok(pin) = std::env::var(VARIABLE) {
        return Ok(pin);
    }
    asked("PIN: ")?.ok_or_else(|| CoreError::from(vault::VaultError::Locked).into())
}

fn first_line(file: &Path) -> Result<String, Stop> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Stop::Usage(format!("could not read {}: {error}", file.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn asked_twice() -> Result<String, Stop> {
    let missing = || Stop::Usage(String::from("give the new PIN with --new-pin-file"));
    let new = asked("新 PIN：")?.ok_or_else(missing)?;
    if asked("再输一次：")?.as_ref() == Some(&new) {
        Ok(new)
    } else {
        Err(Stop::Usage(String::from("两次输入不一样，PIN 没有改动")))
    }
}

/// What the person at the terminal types, unseen; none where there is no terminal.
fn asked(question: &str) -> Result<Option<String>, Stop> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    rpassword::prompt_password(question)
        .map(Some)
        .map_err(|error| Stop::other(error.to_string()))
}
