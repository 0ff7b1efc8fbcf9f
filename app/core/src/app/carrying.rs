//! The façade's part of the courier: export, deliver for others, take answers in.

use super::App;
use crate::courier::{self, Keys, Taken};
use crate::edge::Edge;
use crate::error::CoreError;
use crate::store::Transaction;
use crate::store::device::{self, Device};
use crate::sync::http::Http;
use crate::sync::transport::{Failure, Link};
use crate::vault::sync_directory;
use shared::courier::{
    ANSWER_BYTES_LIMIT, ANSWER_MAGIC, CourierError, FILE_BYTES_LIMIT, read_answer,
};
use shared::wire::handheld::CourierView;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where courier files lie in the handheld's folder when a screen makes them.
const FOLDER: &str = "courier";
/// What the name of an answer ends with, after that of its file.
const ANSWER_ENDING: &str = ".answer";

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exported {
    /// The files; none when nothing waits.
    pub files: Vec<PathBuf>,
    /// Operations in each of them.
    pub operations: u32,
    /// Photos in all of them.
    pub photos: u32,
}

/// What an imported file was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// A courier file, delivered; the answer goes back to the handheld that made it.
    Delivered {
        /// The answer as a file.
        answer: Vec<u8>,
        /// What this handheld itself learned from it, when it made the file.
        own: Option<Taken>,
    },
    /// An answer to a file of this handheld.
    Answered(Taken),
}

impl App {
    /// Puts everything that waits into sealed files: `file`, and where photos don't fit one,
    /// `file-2` and so on. Nothing changes here: sync still sends it.
    ///
    /// # Errors
    /// [`CoreError::NotEnrolled`], [`CoreError::CourierNotReady`] without keys, or when the store or
    /// a file fails.
    pub fn export(&self, file: &Path, edge: &Edge) -> Result<Exported, CoreError> {
        let plan = self.store().write(|tx| {
            let (device, keys) = ready(tx)?;
            Ok::<_, CoreError>(courier::plan(tx, &device, keys, edge)?)
        })?;
        let mut exported = Exported {
            operations: plan.operations,
            ..Exported::default()
        };
        // One after the other, so that only one lies in memory.
        for (number, part) in plan.parts.iter().enumerate() {
            let sealed = self.store().read(|tx| plan.seal(tx, part, edge))?;
            let path = numbered(file, number);
            write(&path, &sealed)?;
            exported.files.push(path);
            let photos = u32::try_from(part.len()).unwrap_or(u32::MAX);
            exported.photos = exported.photos.saturating_add(photos);
        }
        Ok(exported)
    }

    /// The same into this handheld's folder, for a screen. What was exported there before goes: all
    /// of it that still waits is in the new files too, and copies of all photos would fill the disk.
    ///
    /// # Errors
    /// As [`App::export`]; then the earlier files stay, and nothing of the new ones does.
    pub fn export_here(&self, edge: &Edge) -> Result<CourierView, CoreError> {
        let file = self.courier_file("gewu", edge)?;
        let exported = self.export(&file, edge);
        let is_new = |path: &Path| is_part_of(path, &file);
        match &exported {
            Ok(_) => remove_exports(&file, |path| !is_new(path)),
            Err(_) => remove_exports(&file, is_new),
        }
        let exported = exported?;
        let shown = exported.files.iter().map(|file| file.display().to_string());
        Ok(CourierView {
            files: shown.collect(),
            delivered: false,
            operations: exported.operations,
            photos: exported.photos,
        })
    }

    /// Takes a file: a courier file of any handheld is delivered, an answer is taken in. Safe to
    /// repeat.
    ///
    /// # Errors
    /// [`CoreError::Courier`] when it is neither, was changed, or isn't for this handheld;
    /// [`CoreError::Server`] when the server can't be reached or refuses it.
    pub async fn import(&self, file: Vec<u8>, edge: &Edge) -> Result<Imported, CoreError> {
        if file.starts_with(ANSWER_MAGIC) {
            let taken = self.take_answer(&file, edge)?;
            return Ok(Imported::Answered(taken));
        }
        if !file.starts_with(shared::courier::MAGIC) || file.len() > FILE_BYTES_LIMIT {
            return Err(CourierError::Foreign.into());
        }
        let answer = self.deliver(&file, edge).await?;
        let own = match self.take_answer(&answer, edge) {
            Ok(taken) => Some(taken),
            Err(CoreError::Courier(CourierError::OthersAnswer)) => None,
            // Without keys no file is of this handheld, and the one that made it checks the answer.
            Err(CoreError::CourierNotReady) => {
                read_answer(None, &answer)?;
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Imported::Delivered { answer, own })
    }

    /// [`App::import`] for a screen: an answer to be carried back is written into the folder.
    ///
    /// # Errors
    /// As [`App::import`], and when the folder can't be written.
    pub async fn import_here(&self, file: Vec<u8>, edge: &Edge) -> Result<CourierView, CoreError> {
        let mut view = CourierView::default();
        let taken = match self.import(file, edge).await? {
            Imported::Delivered { answer, own } => {
                let path = self.courier_file("gewu.answer", edge)?;
                write(&path, &answer)?;
                view.files.push(path.display().to_string());
                view.delivered = true;
                own.unwrap_or_default()
            }
            Imported::Answered(taken) => taken,
        };
        (view.operations, view.photos) = (taken.operations, taken.photos);
        Ok(view)
    }

    /// Delivers a file; with a token that has ended, a round of sync gets a new one first.
    async fn deliver(&self, file: &[u8], edge: &Edge) -> Result<Vec<u8>, CoreError> {
        let http = Http::new()?;
        match http.deliver(&self.link()?, file).await {
            Err(Failure::Unauthenticated) => {
                self.sync_over(&http, edge).await?;
                Ok(http.deliver(&self.link()?, file).await?)
            }
            answer => Ok(answer?),
        }
    }

    fn link(&self) -> Result<Link, CoreError> {
        let device = self.store().read(device::read)?;
        let device = device.ok_or(CoreError::NotEnrolled)?;
        Ok(Link {
            server: device.server,
            token: device.token,
        })
    }

    fn take_answer(&self, file: &[u8], edge: &Edge) -> Result<Taken, CoreError> {
        if file.len() > ANSWER_BYTES_LIMIT {
            return Err(CourierError::Foreign.into());
        }
        self.store().write(|tx| {
            let (device, keys) = ready(tx)?;
            let answer = read_answer(Some(keys.server()), file)?;
            if answer.device_id != device.id {
                return Err(CourierError::OthersAnswer.into());
            }
            let taken = courier::take(tx, &answer, edge.now())?;
            taken.ok_or(CourierError::Content.into())
        })
    }

    fn courier_file(&self, ending: &str, edge: &Edge) -> Result<PathBuf, CoreError> {
        let folder = self.inner.directory.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|error| unwritten(&folder, &error))?;
        Ok(folder.join(format!("{}.{ending}", edge.now().0)))
    }
}

/// What a courier file needs of this handheld.
fn ready(tx: &Transaction<'_>) -> Result<(Device, Keys), CoreError> {
    let device = device::read(tx)?.ok_or(CoreError::NotEnrolled)?;
    let keys = courier::keys(tx)?.ok_or(CoreError::CourierNotReady)?;
    Ok((device, keys))
}

/// The answer to `week.gewu` is `week.gewu.answer`.
#[must_use]
pub fn answer_beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ANSWER_ENDING);
    PathBuf::from(name)
}

/// `week.gewu`, `week-2.gewu`, `week-3.gewu`, …
fn numbered(file: &Path, number: usize) -> PathBuf {
    if number == 0 {
        return file.to_path_buf();
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = file.extension().unwrap_or_default().to_string_lossy();
    let dot = if ending.is_empty() { "" } else { "." };
    file.with_file_name(format!("{stem}-{}{dot}{ending}", number + 1))
}

/// Whether a file is one of those that an export to `first` writes.
fn is_part_of(path: &Path, first: &Path) -> bool {
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let rest = name.strip_prefix(&*stem);
    rest.is_some_and(|rest| rest.starts_with(['.', '-']))
}

/// Removes courier files of this handheld beside `file`, half ones too; answers to others' stay.
fn remove_exports(file: &Path, is_unwanted: impl Fn(&Path) -> bool) {
    let folder = file.parent().and_then(|folder| folder.read_dir().ok());
    for entry in folder.into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_export = name.ends_with(".gewu") || name.ends_with(".gewu.part");
        if is_export && is_unwanted(&path) {
            // One that can't be removed goes with the next export.
            std::fs::remove_file(&path).ok();
        }
    }
}

/// Whole or not at all: a stick that is pulled out leaves no half file under the name.
fn write(path: &Path, bytes: &[u8]) -> Result<(), CoreError> {
    let mut half = path.as_os_str().to_owned();
    half.push(".part");
    let half = PathBuf::from(half);
    let written = || {
        let mut file = File::create(&half)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&half, path)
    };
    if let Err(error) = written() {
        // On a full disk half a file would take all the room that was left.
        std::fs::remove_file(&half).ok();
        return Err(unwritten(path, &error));
    }
    if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
        // Not every stick can; the file is there all the same.
        drop(sync_directory(folder));
    }
    Ok(())
}

fn unwritten(path: &Path, error: &std::io::Error) -> CoreError {
    CoreError::CourierUnwritten(format!("{}: {error}", path.display()))
}
