//! What became of a courier file, for the screen.

use serde::{Deserialize, Serialize};

/// What an export, a delivery or an answer came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct CourierView {
    /// Where the files lie that were written: courier files, or the answer to be carried back.
    pub files: Vec<String>,
    /// Another's file was delivered.
    pub delivered: bool,
    /// Operations in it, or answered by it.
    pub operations: u32,
    /// Photos in it, or answered by it.
    pub photos: u32,
}
