//! `cargo xtask screens DIR`: a picture of every screen of both faces, empty, full and in error,
//! in Chinese and English, for looking at.
//!
//! The pictures show the shipped programs with the demo's day in them; nothing is staged but the
//! data. A screen that can't be reached is an error, so this is also a walk through every page.
#![allow(clippy::print_stdout, reason = "it says which picture was taken")]

mod console;
mod handheld;
mod life;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use tests::day::{self, DAMAGED, Places};
use tests::people;
use tests::programs::{Field, Server, photo};

/// Where the pictures go, and which are wanted.
struct Album {
    dir: PathBuf,
    only: Option<String>,
}

impl Album {
    /// The file for a picture, if it is wanted.
    fn file(&self, name: &str) -> Option<PathBuf> {
        let wanted = self
            .only
            .as_ref()
            .is_none_or(|part| name.contains(part.as_str()));
        wanted.then(|| {
            println!("  {name}");
            self.dir.join(format!("{name}.png"))
        })
    }

    /// Whether any picture whose name begins so may be wanted.
    fn may_want(&self, start: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|part| start.contains(part.as_str()) || part.contains(start))
            || self.only.as_ref().is_some_and(|part| !part.contains('-'))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("no more pictures: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let album = arguments()?;
    std::fs::create_dir_all(&album.dir)
        .with_context(|| format!("could not make {}", album.dir.display()))?;
    let world = tempfile::tempdir()?;
    let mut server = Server::init(&world.path().join("server"), "350703")?;
    people::add(&server)?;
    server.start().await?;
    if album.may_want("console-") {
        console::empty(&album, &server).await?;
    }
    let (empty, full) = (world.path().join("empty"), world.path().join("full"));
    people::enrol(&server, &Field::new(&empty))?;
    people::enrol(&server, &Field::new(&full))?;
    live_the_day(&Field::new(&full))?;
    leave_something_to_confirm(&full, &world.path().join("copied"))?;
    if album.may_want("console-") {
        console::full(&album, &mut server).await?;
    }
    server.start().await?;
    Field::new(&full).run(&["sync"])?;
    server.kill();
    leave_something_waiting(&Field::new(&full))?;
    if album.may_want("handheld-") {
        let fresh = world.path().join("fresh");
        handheld::all(&album, [&fresh, &empty, &full]).await?;
    }
    Ok(())
}

fn arguments() -> Result<Album> {
    let (mut dir, mut only) = (None, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--only" => only = Some(words.next().context("--only needs a part of a name")?),
            other if dir.is_none() => dir = Some(PathBuf::from(other)),
            other => bail!("{other} is one argument too many: DIR [--only PART]"),
        }
    }
    Ok(Album {
        dir: dir.context("where to? screens DIR [--only PART]")?,
        only,
    })
}

/// The demo's twenty reports, sent.
fn live_the_day(field: &Field) -> Result<()> {
    let places = Places::read()?;
    for one in day::filings() {
        let image = if one.photo == DAMAGED {
            "jolla.jpg"
        } else {
            one.photo
        };
        day::file(field, &places, &one, &photo(image))?;
    }
    field.run(&["sync"])?;
    Ok(())
}

/// A handheld that was put back from a copy files again: the server knows the number already, so
/// a person has to confirm what it sends.
fn leave_something_to_confirm(home: &Path, copied: &Path) -> Result<()> {
    std::fs::create_dir_all(copied)?;
    for entry in std::fs::read_dir(home)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), copied.join(entry.file_name()))?;
        }
    }
    let places = Places::read()?;
    for (home, one) in [home, copied].into_iter().zip(day::filings()) {
        let field = Field::new(home);
        day::file(&field, &places, &one, &photo("jolla.jpg"))?;
        field.run(&["sync"])?;
    }
    Ok(())
}

/// One report that can't be sent now.
fn leave_something_waiting(field: &Field) -> Result<()> {
    let places = Places::read()?;
    let one = day::filings()
        .into_iter()
        .next()
        .context("the day is empty")?;
    day::file(field, &places, &one, Path::new(&photo("portrait_8.jpg")))?;
    Ok(())
}
