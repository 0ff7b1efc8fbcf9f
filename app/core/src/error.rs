//! Everything that can go wrong on the handheld, with words for the worker.
//!
//! A caller chooses by variant or by [`CoreError::code`]; the words say what happened, then what
//! to do. Nothing here is logged: the screen or the command line shows it.

use crate::photos::PhotoError;
use crate::store::StoreError;
use crate::sync::transport::Failure;
use crate::vault::VaultError;
use shared::addition::AdditionFault;
use shared::courier::CourierError;
use shared::label::{self, Lang};
use shared::operation::OperationError;
use shared::patrol::MarkFault;
use shared::report::ReportFault;
use shared::wire::handheld::Problem;

/// Why the handheld could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The file doesn't become a photo.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The report breaks a rule.
    #[error(transparent)]
    Fault(#[from] ReportFault),
    /// The addition breaks a rule.
    #[error(transparent)]
    Addition(#[from] AdditionFault),
    /// The tick at a point breaks a rule.
    #[error(transparent)]
    Mark(#[from] MarkFault),
    /// Something isn't filled in yet.
    #[error("{0} is not filled in")]
    Unfilled(Unfilled),
    /// The store couldn't.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Not bound to a server yet.
    #[error("this handheld is not enrolled")]
    NotEnrolled,
    /// Catalogue or grids haven't been fetched yet.
    #[error("catalogue and grids are not on this handheld yet")]
    NotReady,
    /// The draft was changed while it was being filed.
    #[error("the draft was changed while it was being filed")]
    ChangedMeanwhile,
    /// What it would be added to was filed in the meantime.
    #[error("this was filed already")]
    AlreadyFiled,
    /// The handheld has operations of another district.
    #[error("this handheld belongs to {0} and still holds its reports")]
    OtherDistrict(String),
    /// The operation has no canonical form.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The server couldn't be asked, or said no.
    #[error(transparent)]
    Server(#[from] Failure),
    /// A courier file, or the answer to one, can't be used.
    #[error(transparent)]
    Courier(#[from] CourierError),
    /// This handheld was bound before there were keys, and can seal nothing.
    #[error("this handheld has no keys for courier files")]
    CourierNotReady,
    /// A courier file could not be written.
    #[error("could not write {0}")]
    CourierUnwritten(String),
    /// A fetched catalogue or area bundle can't be used.
    #[error("could not use the fetched {what}: {problem}")]
    Bundle {
        /// Which one.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// What a draft still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfilled {
    /// The place.
    Place,
    /// The category.
    Category,
    /// The condition.
    Condition,
    /// What was found on the spot.
    Found,
}

impl Unfilled {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Place => (
                "还没有位置。请定位，或在图上选点。",
                "No place yet. Locate, or set a pin.",
            ),
            Self::Category => ("还没有选类别。", "No category chosen yet."),
            Self::Condition => ("还没有选立案条件。", "No condition chosen yet."),
            Self::Found => ("请选现场结果。", "Say what was found on the spot."),
        }
    }
}

impl std::fmt::Display for Unfilled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Place => "the place",
            Self::Category => "the category",
            Self::Condition => "the condition",
            Self::Found => "what was found",
        })
    }
}

/// The shared words of a fault in both languages.
fn faults(code: &str) -> (&'static str, &'static str) {
    (label::fault(code, Lang::Zh), label::fault(code, Lang::En))
}

impl From<VaultError> for CoreError {
    fn from(error: VaultError) -> Self {
        Self::Store(error.into())
    }
}

impl CoreError {
    /// Machine name, stable.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Photo(error) => error.code(),
            Self::Fault(fault) => fault.code(),
            Self::Addition(fault) => fault.code(),
            Self::Mark(fault) => fault.code(),
            Self::Unfilled(Unfilled::Place) => "place_missing",
            Self::Unfilled(Unfilled::Category) => "category_missing",
            Self::Unfilled(Unfilled::Condition) => "condition_missing",
            Self::Unfilled(Unfilled::Found) => "found_missing",
            Self::Store(StoreError::Full) => "space_full",
            Self::Store(StoreError::TooNew { .. }) => "data_too_new",
            Self::Store(StoreError::Missing(_)) => "not_found",
            Self::Store(StoreError::Vault(error)) => match error {
                VaultError::Locked => "locked",
                VaultError::WrongPin { .. } => "wrong_pin",
                VaultError::Waiting { .. } => "pin_wait",
                VaultError::BadPin => "bad_pin",
                VaultError::Erased => "erased",
                VaultError::Keyring(_) => "keyring",
                VaultError::Full => "space_full",
                VaultError::File(_) => "key_file",
            },
            Self::Store(_) => "store",
            Self::NotEnrolled => "not_enrolled",
            Self::NotReady => "not_ready",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::AlreadyFiled => "already_filed",
            Self::OtherDistrict(_) => "other_district",
            Self::Operation(_) => "operation",
            Self::Server(failure) => failure.code(),
            Self::Courier(_) => "courier",
            Self::CourierNotReady => "courier_not_ready",
            Self::CourierUnwritten(_) => "courier_unwritten",
            Self::Bundle { .. } => "bundle",
        }
    }

    /// What happened and what to do, in both languages.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (words, words_en) = self.words();
        Problem {
            code: self.code().to_owned(),
            words,
            words_en,
        }
    }

    fn courier_words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Courier(error) => error.words(),
            Self::CourierNotReady => (
                "本机绑定时还没有密钥，不能导出。请联网后向管理员要绑定码，重新绑定一次；内容都在。",
                "This handheld was bound before there were keys and can't export. Bind it again \
                 with a network; everything is kept.",
            ),
            Self::CourierUnwritten(_) => (
                "文件没能写入。请检查空间，或换一个位置再试；内容都在。",
                "The file could not be written. Check the space, or choose another place; \
                 everything is kept.",
            ),
            _ => ("", ""),
        }
    }

    fn words(&self) -> (String, String) {
        if let Self::Server(failure) = self {
            return failure.words();
        }
        let (zh, en) = match self {
            Self::Store(StoreError::Vault(error)) => vault_words(error),
            Self::Photo(error) => error.words(),
            Self::Fault(fault) => faults(fault.code()),
            Self::Addition(fault) => faults(fault.code()),
            Self::Mark(fault) => faults(fault.code()),
            Self::Unfilled(what) => what.words(),
            Self::Store(StoreError::Full) => (
                "本机空间不足，没能保存新照片。已填内容都在；请先联网发送，或清理手机空间。",
                "No space left on this handheld for it. What you filled in is kept; \
                 sync first, or free some space.",
            ),
            Self::Store(StoreError::TooNew { .. }) => (
                "本机数据由更新的版本写入。请更新应用；数据没有改动。",
                "The data was written by a later version. Update the app; nothing was changed.",
            ),
            Self::Store(StoreError::Missing(_)) => (
                "找不到这一条，可能已被删除。",
                "There is no such item; it may have been removed.",
            ),
            Self::Store(_) => (
                "本机数据库没能完成操作，内容没有改动。请重试；仍不行请联系管理员。",
                "The handheld's database could not do it; nothing was changed. Try again; \
                 if it stays so, call the administrator.",
            ),
            Self::NotEnrolled => (
                "本机还没有绑定。请向管理员要绑定码，在绑定页输入。",
                "This handheld is not bound yet. Ask the administrator for a code.",
            ),
            Self::NotReady => (
                "类别目录和网格还没有下载。请联网同步一次；照片和文字已存草稿。",
                "Catalogue and grids are not here yet. Sync once with a network; \
                 photos and text are kept as a draft.",
            ),
            Self::ChangedMeanwhile => (
                "保存时草稿又有改动，请再点一次发送。",
                "The draft was changed while it was being filed. Send it once more.",
            ),
            Self::AlreadyFiled => (
                "这件事已经发送，刚才的内容没有加进去。请打开这件上报，用“补充”再加。",
                "This was sent already, and what came just now is not in it. Open the report and \
                 add it there.",
            ),
            Self::OtherDistrict(_) => (
                "本机存有其他区的上报，不能绑定到这个区。请换一台设备或联系管理员。",
                "This handheld holds reports of another district. Use another device or call \
                 the administrator.",
            ),
            Self::Operation(_) => (
                "内容无法保存为上报，草稿还在。请删减文字后再试。",
                "This could not be made into a report; the draft is kept. Shorten the text.",
            ),
            Self::Courier(_) | Self::CourierNotReady | Self::CourierUnwritten(_) => {
                self.courier_words()
            }
            Self::Bundle { .. } => (
                "下载的目录或网格无法使用，仍用原来的。稍后会自动再试。",
                "The fetched catalogue or grids could not be used; the former ones stay. \
                 It will be tried again.",
            ),
            Self::Server(_) => ("", ""),
        };
        (zh.to_owned(), en.to_owned())
    }
}

const fn vault_words(error: &VaultError) -> (&'static str, &'static str) {
    match error {
        VaultError::Locked => (
            "本机已锁定，请输入 PIN。",
            "This handheld is locked. Enter the PIN.",
        ),
        VaultError::WrongPin { .. } => (
            "PIN 不对。多次输错要等待，资料不会删除。",
            "The PIN is wrong. After several wrong ones you have to wait; nothing is ever deleted.",
        ),
        VaultError::Waiting { .. } => (
            "输错次数太多，请过一会儿再试。资料都在，不会删除。",
            "Too many wrong PINs. Try again later; everything is kept.",
        ),
        VaultError::BadPin => ("PIN 要 6 到 64 位。", "A PIN has 6 to 64 characters."),
        VaultError::Erased => (
            "本机已被挂失，资料已送达服务器并在本机锁死。请交还管理员；要再用，先清除本应用的数据。",
            "This handheld was reported lost. Its data went to the server and can't be read here \
             any more. Return it to the administrator; to use it again, clear this app's data.",
        ),
        VaultError::Keyring(_) => (
            "本机密钥在系统钥匙串里，现在打不开；资料都在，没有改动。请登录桌面、解锁钥匙串后再试。",
            "This handheld's key is in the system's keyring, which can't be opened now. Everything \
             is kept; sign in to the desktop, unlock the keyring, and try again.",
        ),
        VaultError::Full => (
            "手机空间已满，没能写入本机密钥文件；资料都在，没有改动。请清理手机空间后再试。",
            "This handheld has no space left for the file with its key; everything is kept. Free \
             some space and try again.",
        ),
        VaultError::File(_) => (
            "本机密钥文件无法使用，资料没有改动。请联系管理员，不要删除任何文件。",
            "The file with this handheld's key can't be used; nothing was changed. Call the \
             administrator and delete nothing.",
        ),
    }
}
