//! What a worker does with a handheld: fills in, sends, adds to what was filed; and what a battery
//! or a full disk does to that.

use super::super::chance::Chance;
use super::super::check::exists;
use super::super::district::{MATTERS, template};
use super::super::host::Image;
use super::{Filed, Handheld};
use anyhow::{Context, Result, bail, ensure};
use app_core::CoreError;
use app_core::store::StoreError;
use shared::addition::{Addition, Amendment, Note, Withdrawal};
use shared::id::{CategoryId, ConditionId, DraftId, OpId, ReportId};
use shared::report::{PhotoRole, PlaceSource};
use shared::time::Timestamp;
use shared::wire::handheld::{DraftFields, PlaceInput};

impl Handheld {
    /// The worker fills in a report with photos and sends it; or the battery dies in between, or
    /// there is no room, and a draft is left.
    pub fn file(&mut self, chance: &mut Chance) -> Result<()> {
        let template = template();
        let draft = DraftId(self.edge.uuid());
        let now = self.watch.moment().wall;
        let wanted = chance.weighted(&[(60, 1), (25, 2), (15, 3)]);
        let first = chance.below(template.photos.len() - 1);
        let mut kept = 0;
        for at in 0..wanted {
            let is_large = at == 0 && chance.odds(40);
            let small = template.photos.len() - 1;
            let file = &template.photos[if is_large {
                small
            } else {
                (first + at) % small
            }];
            match self.app()?.add_photo(draft, file, PhotoRole::Near, now) {
                Ok(_) => kept += 1,
                Err(CoreError::Store(StoreError::Full)) => break,
                Err(error) => bail!("a photo was refused: {error}"),
            }
        }
        if kept > 0 {
            self.drafts.insert(draft, kept);
        }
        let (category, condition) = *chance.pick(&MATTERS);
        let (lat, lon) = *chance.pick(&template.places);
        let fields = DraftFields {
            place: Some(PlaceInput {
                lat,
                lon,
                accuracy_m: Some(chance.between(2, 60) as f64),
                source: PlaceSource::Gps,
                words: String::from("路口"),
            }),
            category: Some(CategoryId::new(category)?),
            condition: Some(ConditionId::new(condition)?),
            text: format!("第{}件", self.filed.len() + 1),
            // The form asks for a photo from before and one from after.
            self_fixed: chance.odds(80) && kept >= 2,
            similar: Default::default(),
            contact: (String::new(), String::new()),
        };
        if fields.self_fixed {
            self.mark_before_and_after(draft, now)?;
        }
        match self.app()?.set_draft(draft, &fields, now) {
            Ok(()) => {
                self.drafts.entry(draft).or_insert(kept);
            }
            Err(CoreError::Store(StoreError::Full)) => {}
            Err(error) => bail!("a draft was refused: {error}"),
        }
        if chance.odds(30) {
            self.trace.count("handheld died while filling in");
            self.crash()?;
        }
        if chance.odds(20) {
            // Something else takes the rest of the disk before the worker sends.
            self.trace.count("disk full while filling in");
            self.set_disk_left(Some(0))?;
        }
        self.send(draft, chance)
    }

    /// Says of a draft's first photo that it shows how it was, of its last how it is.
    fn mark_before_and_after(&mut self, draft: DraftId, now: Timestamp) -> Result<()> {
        let app = self.app()?;
        let photos = app.draft(draft)?.photos;
        let ends = [
            (photos.first(), PhotoRole::Before),
            (photos.last(), PhotoRole::After),
        ];
        for (photo, role) in ends {
            let id = photo.context("a photo of the draft")?.id;
            match app.set_photo_role(id, role, now) {
                Ok(()) | Err(CoreError::Store(StoreError::Full)) => {}
                Err(error) => bail!("a role was refused: {error}"),
            }
        }
        Ok(())
    }

    /// The battery dies while the disk is writing, before the worker is told: the report is filed
    /// as a whole, or still a draft as a whole.
    fn lose_power(
        &mut self,
        draft: DraftId,
        op_id: &str,
        before: &Image,
        chance: &mut Chance,
    ) -> Result<()> {
        let torn = Image::torn(before, &Image::take(&self.database())?, chance);
        self.close();
        torn.put(&self.database())?;
        self.watch.restart();
        self.open()?;
        self.trace.count("power cut at a handheld");
        let filed = exists(
            self.look()?,
            "SELECT 1 FROM operations WHERE op_id = ?1",
            op_id,
        )?;
        if filed {
            let photos = self.drafts.remove(&draft).unwrap_or_default();
            self.filed.push(Filed {
                op_id: op_id.to_owned(),
                report: draft.to_string(),
                photos,
            });
        }
        self.say(if filed {
            "power cut, filed"
        } else {
            "power cut, still a draft"
        });
        Ok(())
    }

    /// The worker sends a draft.
    fn send(&mut self, draft: DraftId, chance: &mut Chance) -> Result<()> {
        let op_id = OpId(self.edge.uuid());
        let before = chance
            .odds(60)
            .then(|| Image::take(&self.database()))
            .transpose()?;
        let filed = self.app()?.save_report(draft, op_id, &self.watch.moment());
        if let Some(before) = before.filter(|_| filed.is_ok()) {
            return self.lose_power(draft, &op_id.to_string(), &before, chance);
        }
        match filed {
            Ok(filed) => {
                let photos = self.drafts.remove(&draft).unwrap_or_default();
                ensure!(
                    filed.photos as usize == photos,
                    "{photos} photos were taken, {filed:?}"
                );
                self.say(&format!("filed {} with {photos} photos", filed.short_code));
                self.trace.count("reports filed");
                self.filed.push(Filed {
                    op_id: op_id.to_string(),
                    report: filed.id.to_string(),
                    photos,
                });
            }
            Err(error) => {
                self.trace.count("reports left as drafts");
                self.say(&format!("left a draft: {}", error.code()));
                let known = [
                    "space_full",
                    "not_enrolled",
                    "not_ready",
                    "not_found",
                    "place_missing",
                    "photo_missing",
                    "before_photo_missing",
                    "after_photo_missing",
                ];
                ensure!(known.contains(&error.code()), "filing failed: {error}");
            }
        }
        Ok(())
    }

    /// The worker adds something to a report that was filed: words, a correction, a photo, or that
    /// it was none.
    pub fn add(&mut self, chance: &mut Chance) -> Result<()> {
        if self.filed.is_empty() {
            return Ok(());
        }
        let report = chance.pick(&self.filed).report.clone();
        let id: ReportId = report.parse()?;
        let (op_id, moment) = (OpId(self.edge.uuid()), self.watch.moment());
        let text = format!("补充{}", self.filed.len());
        let small = &template().photos[chance.below(template().photos.len() - 1)];
        let (app, mut photos) = (self.app()?, 0);
        let added = match chance.below(5) {
            0 => {
                let withdrawal = Withdrawal { reason: text };
                app.add_to_report(id, &Addition::Withdraw(withdrawal), op_id, &moment)
            }
            1 => {
                let amendment = Amendment {
                    text,
                    ..Amendment::default()
                };
                app.add_to_report(id, &Addition::Amend(amendment), op_id, &moment)
            }
            2 => app.add_to_report(id, &Addition::Note(Note { text }), op_id, &moment),
            _ => {
                photos = 1;
                app.add_report_photo(id, small, PhotoRole::After, &text, op_id, &moment)
            }
        };
        match added {
            Ok(()) => {
                self.trace.count("additions");
                self.say("added to a report");
                self.filed.push(Filed {
                    op_id: op_id.to_string(),
                    report,
                    photos,
                });
            }
            Err(error) => {
                self.say(&format!("added nothing: {}", error.code()));
                let known = ["space_full", "not_enrolled", "not_ready"];
                ensure!(known.contains(&error.code()), "an addition failed: {error}");
            }
        }
        Ok(())
    }

    /// The worker comes back to the drafts that are left.
    pub fn send_drafts(&mut self, chance: &mut Chance) -> Result<()> {
        let whole: Vec<DraftId> = self.drafts.keys().copied().collect();
        for draft in whole {
            self.send(draft, chance)?;
        }
        Ok(())
    }
}
