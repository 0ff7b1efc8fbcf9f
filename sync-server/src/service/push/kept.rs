//! What is kept of an operation for a person.

use shared::id::{OpId, PersonId, Sha256};
use shared::operation::SealedOperation;
use shared::report::PhotoRef;

/// What is kept for a person.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    pub(super) op_id: OpId,
    pub(super) hash: Sha256,
    pub(super) person: Option<PersonId>,
    pub(super) code: &'static str,
    /// Words of its own where the code's don't say it all.
    pub(super) words: Option<&'a str>,
    pub(super) body: &'a str,
    pub(super) photos: &'a [PhotoRef],
}

impl<'a> Kept<'a> {
    pub(super) fn of(
        sealed: &'a SealedOperation,
        person: Option<PersonId>,
        code: &'static str,
    ) -> Self {
        let person = person.or(Some(sealed.operation.actor));
        Self {
            op_id: sealed.operation.op_id,
            hash: sealed.hash,
            person,
            code,
            words: None,
            body: &sealed.text,
            photos: &sealed.operation.photos,
        }
    }

    /// The same of one that was judged: it is its maker's, also where somebody else delivers it,
    /// unless that is what is wrong with it.
    pub(super) fn judged(
        sealed: &'a SealedOperation,
        person: Option<PersonId>,
        code: &'static str,
    ) -> Self {
        let is_unproven = matches!(
            code,
            "signature_missing" | "signature_wrong" | "wrong_person"
        );
        Self::of(sealed, person.filter(|_| is_unproven), code)
    }
}
