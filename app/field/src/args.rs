//! The command line: what may be asked, and how it is read. Does nothing itself.

use crate::patrol::SeenArg;
use crate::tasks::FoundArg;
use chrono::DateTime;
use clap::{Args, Parser, Subcommand};
use shared::report::PhotoRole;
use shared::time::Timestamp;
use std::path::PathBuf;

/// What the exit codes mean, shown under `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something else went wrong
  2  the command line is wrong
  3  everything is kept on this handheld, but the server could not be reached or said no
  4  the report is not acceptable as it is (damaged photo, missing field, text too long);
     what was filled in is kept as a draft, named in the answer
  5  this handheld is not enrolled, or catalogue and grids are not here yet
  6  no space left, or the handheld's data could not be used; nothing was changed
  7  a PIN is set and was not given, is wrong, or may not be tried yet";

/// The handheld on a command line: same database, same rules, same sync as the app.
#[derive(Debug, Parser)]
#[command(name = "gewu-field", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Directory of the handheld's data; made if it is missing.
    #[arg(
        long,
        env = "GEWU_FIELD_DIR",
        global = true,
        default_value = "gewu-handheld"
    )]
    pub(crate) dir: PathBuf,
    /// Bytes that the handheld's data may take.
    #[arg(long, global = true, value_name = "BYTES")]
    pub(crate) max_bytes: Option<u64>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// File whose first line is the PIN, where one is set; else the variable GEWU_PIN, else it is
    /// asked for.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bind this handheld to a person by a one-time code, and fetch catalogue and grids.
    Enrol(EnrolArgs),
    /// File a report. Works without a network once enrolled.
    File(FileArgs),
    /// Show which unit would get a report, by when and why, and keep nothing.
    Preview(ReportArgs),
    /// Send what waits and fetch what is new, once.
    Sync,
    /// My reports, the newest first.
    List {
        /// Only those whose code, number, category, place or text contains this.
        words: Option<String>,
    },
    /// A report with its course.
    Show {
        /// Its id, short code or case number.
        report: String,
    },
    /// Say what should have stood in a report; the report itself stays as it was filed.
    Amend(AmendArgs),
    /// Take a report back.
    Withdraw {
        /// Its id, short code or case number.
        report: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Add words to a report.
    Note {
        /// Its id, short code or case number.
        report: String,
        /// The words.
        #[arg(long)]
        text: String,
    },
    /// Add a photo to a report.
    AddPhoto {
        /// Its id, short code or case number.
        report: String,
        /// The photo; `far:`, `before:` or `after:` before the path says what it shows.
        #[arg(value_name = "[ROLE:]FILE", value_parser = read_photo)]
        photo: PhotoArg,
        /// Words with it.
        #[arg(long, default_value = "")]
        text: String,
    },
    /// Tasks on the spot in my grids: to be done, then done.
    Tasks {
        /// Degrees north, WGS-84: with both, the nearest comes first. Kept nowhere.
        #[arg(long, allow_negative_numbers = true, requires = "lon")]
        lat: Option<f64>,
        /// Degrees east, WGS-84.
        #[arg(long, allow_negative_numbers = true, requires = "lat")]
        lon: Option<f64>,
    },
    /// A task: where, what to look for, when it counts as put right.
    Task {
        /// The case's id or number.
        case: String,
    },
    /// Do a task: say what was found on the spot. Works without a network.
    FinishTask(FinishArgs),
    /// Give up a task that was begun and not finished.
    DropTask {
        /// The case's id or number.
        case: String,
    },
    /// Rounds of my places, or the points of one with today's ticks.
    Patrol {
        /// The round's id.
        round: Option<String>,
    },
    /// Tick a point of a round. Works without a network.
    Mark(MarkArgs),
    /// Say that the closing of my report isn't right, within 72 hours of it.
    Contest {
        /// Its id, short code or case number.
        report: String,
        /// What isn't put right.
        #[arg(long)]
        reason: String,
    },
    /// The server's receipt for a report, to be checked by `gewu-server receipt verify`.
    Receipt {
        /// Its id, short code or case number.
        report: String,
        /// Where to write it; printed when left out.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Categories, all of them or those found by words, 拼音 or first letters.
    Categories {
        /// What to look for.
        words: Option<String>,
    },
    /// A category with its conditions.
    Category {
        /// Its id or name.
        category: String,
    },
    /// Set, change or take away the PIN. The data stays as it is.
    Pin(PinArgs),
    /// Keep this handheld's key in the system's keyring instead of in a file beside its data. For
    /// one without a PIN, on a desktop whose keyring is kept as well as its files.
    Keyring {
        /// Take the key out of the keyring again, back into the file.
        #[arg(long)]
        remove: bool,
    },
    /// Who carries this handheld, what waits, and how sync stands.
    Status,
    /// Put everything that waits into files that anybody with a network can deliver.
    Export {
        /// Where to write it: NAME.gewu; photos that don't fit go to NAME-2.gewu and so on.
        file: PathBuf,
    },
    /// Deliver another handheld's file, or take in the answer that was brought back.
    Import {
        /// The file.
        file: PathBuf,
        /// Where to write the server's answer; beside the file by default, as FILE.answer.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Drafts that are not filed yet.
    Drafts,
    /// Throw a draft away, with its photos.
    Discard {
        /// Its id.
        draft: String,
    },
    /// Write the stored copy of a photo to a file.
    Photo {
        /// The photo's number, as `show` gives it.
        photo: i64,
        /// Where to write it.
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PinArgs {
    /// File whose first line is the new PIN; else it is asked for twice.
    #[arg(long, value_name = "FILE", conflicts_with = "remove")]
    pub(crate) new_pin_file: Option<PathBuf>,
    /// No PIN from now on: the key then lies in a file that only this user can read.
    #[arg(long)]
    pub(crate) remove: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EnrolArgs {
    /// Address of the server; left out when the code is a whole gewu:// address.
    #[arg(long, value_name = "URL", default_value = "")]
    pub(crate) server: String,
    /// One-time code from an administrator, with the fingerprint behind @ where it has one.
    #[arg(long)]
    pub(crate) code: String,
    /// Name of this device in the administrator's list.
    #[arg(long, default_value = "gewu-field")]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct AmendArgs {
    /// Its id, short code or case number.
    pub(crate) report: String,
    /// What should have been said.
    #[arg(long, default_value = "")]
    pub(crate) text: String,
    /// The category it should have: id or name.
    #[arg(long)]
    pub(crate) category: Option<String>,
    /// The condition it should have.
    #[arg(long)]
    pub(crate) condition: Option<String>,
    /// Degrees north, WGS-84.
    #[arg(long, allow_negative_numbers = true, requires = "lon")]
    pub(crate) lat: Option<f64>,
    /// Degrees east, WGS-84.
    #[arg(long, allow_negative_numbers = true, requires = "lat")]
    pub(crate) lon: Option<f64>,
    /// Words that help to find the place.
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub(crate) place_words: String,
}

#[derive(Debug, Args)]
pub(crate) struct MarkArgs {
    /// The round's id.
    pub(crate) round: String,
    /// The point's id.
    pub(crate) point: String,
    /// What was seen.
    #[arg(long, value_enum, default_value = "fine")]
    pub(crate) seen: SeenArg,
    /// In one's own words.
    #[arg(long, default_value = "")]
    pub(crate) note: String,
}

#[derive(Debug, Args)]
pub(crate) struct FinishArgs {
    /// The case's id or number.
    pub(crate) case: String,
    /// What was found.
    #[arg(long, value_enum)]
    pub(crate) found: FoundArg,
    /// In one's own words; why, when it can't be told.
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    /// A photo, up to nine times; `far:`, `before:` or `after:` before the path says what it shows.
    #[arg(long = "photo", value_name = "[ROLE:]FILE", value_parser = read_photo)]
    pub(crate) photos: Vec<PhotoArg>,
}

#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// A photo, up to nine times; `far:`, `before:` or `after:` before the path says what it shows.
    #[arg(long = "photo", value_name = "[ROLE:]FILE", value_parser = read_photo)]
    pub(crate) photos: Vec<PhotoArg>,
    /// Go on with a draft that is there instead of beginning one.
    #[arg(long, value_name = "ID")]
    pub(crate) draft: Option<String>,
    /// 是同一件: the report is about the same thing as this one, by its id, number or short code. A
    /// hint for whoever may merge the two.
    #[arg(long, value_name = "REPORT")]
    pub(crate) same_as: Option<String>,
    /// Sync right after.
    #[arg(long)]
    pub(crate) sync: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Degrees north, WGS-84; taken from the photo when both are left out.
    #[arg(long, allow_negative_numbers = true, requires = "lon")]
    pub(crate) lat: Option<f64>,
    /// Degrees east, WGS-84.
    #[arg(long, allow_negative_numbers = true, requires = "lat")]
    pub(crate) lon: Option<f64>,
    /// Radius in metres within which the true place lies; left out for a place set by hand.
    #[arg(long, value_name = "METRES")]
    pub(crate) accuracy: Option<f64>,
    /// Words that help to find the place.
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub(crate) place_words: String,
    /// The category: its id or its name.
    #[arg(long)]
    pub(crate) category: String,
    /// The condition: its id, its number, or a part of its name; left out if there is only one.
    #[arg(long)]
    pub(crate) condition: Option<String>,
    /// What is to be seen, in one's own words.
    #[arg(long, default_value = "")]
    pub(crate) text: String,
    /// Whom to call about it; only if the person agreed.
    #[arg(long, default_value = "", value_name = "NAME")]
    pub(crate) contact_name: String,
    /// Their phone number.
    #[arg(long, default_value = "", value_name = "NUMBER")]
    pub(crate) contact_phone: String,
    /// 自处置: it was put right on the spot.
    #[arg(long)]
    pub(crate) self_fixed: bool,
    /// Time of the report instead of now, as 2026-11-24T10:30:00+08:00.
    #[arg(long, value_name = "RFC3339", value_parser = read_time)]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(crate) struct PhotoArg {
    pub(crate) role: PhotoRole,
    pub(crate) path: PathBuf,
}

fn read_photo(text: &str) -> Result<PhotoArg, String> {
    let roles = [
        ("near:", PhotoRole::Near),
        ("far:", PhotoRole::Far),
        ("before:", PhotoRole::Before),
        ("after:", PhotoRole::After),
    ];
    let named = roles
        .iter()
        .find_map(|(word, role)| Some((*role, text.strip_prefix(word)?)));
    let (role, path) = named.unwrap_or((PhotoRole::Near, text));
    Ok(PhotoArg {
        role,
        path: PathBuf::from(path),
    })
}

fn read_time(text: &str) -> Result<Timestamp, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| Timestamp(at.timestamp_millis()))
        .map_err(|error| error.to_string())
}
