//! `gewu-server user`: people from the command line, which may everything.

use crate::{open, told};
use anyhow::Context;
use clap::{Args, Subcommand};
use shared::id::{AreaCode, PersonId, PostId, UnitCode};
use shared::role::{PostKind, Role};
use shared::wire::console::{NewPerson, NewPost};
use std::io::Read;
use sync_server::config::DataArgs;
use sync_server::http::system_clock;
use sync_server::service::people::{self, NewIds};
use sync_server::service::sessions::hash_password;
use sync_server::store::{self, Store};
use uuid::Uuid;

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Add a person with one post
    Add(AddArgs),
    /// Give somebody a new password; all console sessions of that person end
    Password(PasswordArgs),
    /// Close an account: no signing in, no open session; what its handhelds still bring is kept
    Close(NamedArgs),
    /// Open a closed account again
    Reopen(NamedArgs),
}

#[derive(Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Sign-in name
    #[arg(long)]
    login: String,
    /// Name
    #[arg(long)]
    name: String,
    /// grid_worker, dispatcher, handler, supervisor or administrator
    #[arg(long, value_parser = role)]
    role: Role,
    /// Code of the area: 350703, 350703001, 350703001012 or a grid's
    #[arg(long)]
    area: AreaCode,
    /// Code of the unit, for a handler
    #[arg(long)]
    unit: Option<UnitCode>,
    #[command(flatten)]
    given: Given,
    /// No password: the person only carries a handheld
    #[arg(long, conflicts_with_all = ["password", "password_stdin"])]
    no_password: bool,
}

#[derive(Args)]
pub(crate) struct PasswordArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Sign-in name
    #[arg(long)]
    login: String,
    #[command(flatten)]
    given: Given,
}

#[derive(Args)]
pub(crate) struct NamedArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Sign-in name
    #[arg(long)]
    login: String,
}

/// A password that is handed over; without one it is made and shown once.
#[derive(Args)]
struct Given {
    /// Password; better from --password-stdin, since others may see command lines
    #[arg(
        long,
        env = "GEWU_PASSWORD",
        hide_env_values = true,
        conflicts_with = "password_stdin"
    )]
    password: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

impl Given {
    /// The password, and whether it has to be shown.
    fn or_made(self) -> anyhow::Result<(String, bool)> {
        if let Some(password) = self.password {
            return Ok((password, false));
        }
        if self.password_stdin {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("could not read the password")?;
            return Ok((text.trim_end_matches(['\r', '\n']).to_owned(), false));
        }
        let made = people::password_from(rand::random(), rand::random());
        Ok((made, true))
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// Does it.
pub(crate) fn run(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(args) => add(args),
        UserCommand::Password(args) => set_password(args),
        UserCommand::Close(args) => set_closed(&args, true),
        UserCommand::Reopen(args) => set_closed(&args, false),
    }
}

fn add(args: AddArgs) -> anyhow::Result<()> {
    let (store, district) = open(&args.data)?;
    let (password, is_shown) = if args.no_password {
        (None, false)
    } else {
        let (password, is_made) = args.given.or_made()?;
        (Some(password), is_made)
    };
    let kind = match args.role {
        Role::GridWorker => PostKind::Worker,
        _ => PostKind::Office,
    };
    let post = NewPost {
        role: args.role,
        area: args.area,
        unit: args.unit,
        kind,
    };
    let new = NewPerson {
        login: args.login,
        name: args.name,
        password,
        posts: vec![post],
    };
    let password_hash = people::prepare(&new, &district).map_err(told)?;
    let ids = NewIds {
        person: PersonId(Uuid::now_v7()),
        posts: vec![PostId(Uuid::now_v7())],
    };
    let now = system_clock()();
    let login = new.login.clone();
    let shown = new.password.clone().filter(|_| is_shown);
    let code = district.code.clone();
    store
        .write_blocking(&code, move |tx| {
            people::create(
                tx,
                None,
                &district,
                &new,
                password_hash.as_deref(),
                &ids,
                now,
            )
        })
        .map_err(told)?;
    store.close_blocking();
    println!("added {login}");
    if let Some(password) = shown {
        println!("password (shown once): {password}");
    }
    Ok(())
}

fn set_password(args: PasswordArgs) -> anyhow::Result<()> {
    let (store, district) = open(&args.data)?;
    let person = named(&store, &args.login)?;
    let (password, is_shown) = args.given.or_made()?;
    let hash = hash_password(&password).map_err(told)?;
    let now = system_clock()();
    let code = district.code.clone();
    store
        .write_blocking(&code, move |tx| {
            people::set_password(tx, None, &district, person, &hash, now)
        })
        .map_err(told)?;
    store.close_blocking();
    println!("{} has a new password", args.login);
    if is_shown {
        println!("password (shown once): {password}");
    }
    Ok(())
}

fn set_closed(args: &NamedArgs, closed: bool) -> anyhow::Result<()> {
    let (store, district) = open(&args.data)?;
    let person = named(&store, &args.login)?;
    let now = system_clock()();
    let code = district.code.clone();
    store
        .write_blocking(&code, move |tx| {
            people::set_closed(tx, None, &district, person, closed, now)
        })
        .map_err(told)?;
    store.close_blocking();
    let done = if closed { "closed" } else { "reopened" };
    println!("{done} {}", args.login);
    Ok(())
}

/// The person of a sign-in name.
fn named(store: &Store, login: &str) -> anyhow::Result<PersonId> {
    let name = login.to_owned();
    let person = store
        .read_blocking(move |tx| store::people::by_login(tx, &name))?
        .with_context(|| format!("there is nobody with the sign-in name {login}"))?;
    Ok(person.id)
}
