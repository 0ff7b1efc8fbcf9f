//! What a batch has counted: kept in memory, written once for each row before the commit.

use crate::store::buckets::{self, Standing};
use crate::store::rollups::{self, Slot, Sums};
use crate::store::{Result, Tx};
use shared::id::{AreaCode, Bucket};
use std::collections::BTreeMap;

/// Changes of buckets and of what is counted by day.
#[derive(Debug, Clone, Default)]
pub(super) struct Counted {
    buckets: BTreeMap<(AreaCode, Bucket), Standing>,
    sums: Sums,
}

impl Counted {
    pub(super) fn change(&mut self, bucket: (AreaCode, Bucket), change: Standing) {
        let counted = self.buckets.entry(bucket).or_default();
        counted.newest = change.newest;
        counted.digest.absorb(change.digest);
    }

    pub(super) fn add_up(&mut self, slot: Slot, n: i64) {
        let sum = self.sums.entry(slot).or_default();
        *sum = sum.saturating_add(n);
    }

    pub(super) fn write(self, tx: &mut dyn Tx) -> Result<()> {
        for ((district, bucket), change) in self.buckets {
            buckets::count(tx, &district, &bucket, change)?;
        }
        rollups::add(tx, self.sums)
    }
}
