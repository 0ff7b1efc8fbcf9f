//! A server in memory: the promises of the protocol, and faults on demand.
//!
//! It keeps what a real one keeps (operations by id, photos by hash, cases, cursors) so that a
//! test can ask afterwards what arrived, how often, and whether anything is missing.

mod kept;

use super::world::{START, areas, catalogue};
use crate::sync::transport::{Failure, Link, Transport};
use shared::case::Class;
use shared::chain;
use shared::id::{AreaCode, Bucket, CaseId, CatalogueVersion, PersonId, PostId, ReportId, Sha256};
use shared::patrol::Round;
use shared::receipt;
use shared::role::{Post, PostKind, Role};
use shared::signature::PublicKey;
use shared::time::DAY_MS;
use shared::wire::sync::{
    AreasBundle, CaseState, CatalogueBundle, ChallengeAnswer, EnrolAnswer, EnrolRequest, Me,
    OperationResult, PROTOCOL, PullAnswer, PullRequest, PushAnswer, PushRequest, Room, Settled,
    TokenAnswer, TokenRequest,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Mutex;
use uuid::Uuid;

/// What goes wrong with the next requests.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It never arrives.
    LoseRequest,
    /// It takes effect, and the answer never arrives.
    LoseAnswer,
    /// The server says no.
    Say(Failure),
    /// Of the next piece of a photo so many bytes arrive, and no answer.
    CutPiece(usize),
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Every operation with how often it came.
    pub(super) operations: BTreeMap<String, (String, u32)>,
    pub(super) results: HashMap<String, OperationResult>,
    pub(super) pushes: Vec<usize>,
    pub(super) photos: HashMap<Sha256, Vec<u8>>,
    pub(super) uploads: HashMap<String, (Sha256, u64, Vec<u8>)>,
    pub(super) cases: Vec<CaseState>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) requests: u32,
    pub(super) server_epoch: String,
    /// Operations whose text contains this came damaged.
    pub(super) damage: Option<String>,
    /// Operations whose text contains this are quarantined.
    pub(super) quarantine: Option<String>,
    /// Operations whose text contains this are none in its eyes.
    pub(super) reject: Option<String>,
    /// What people settled of that.
    pub(super) settled: Vec<Settled>,
    /// Operations whose text contains this bring the whole push down.
    pub(super) poison: Option<String>,
    /// Largest number of operations in a push that is taken.
    pub(super) push_max: usize,
    /// Rows in a page.
    pub(super) page: usize,
    pub(super) catalogue_version: String,
    /// What a catalogue that was asked for says of itself; none for what was asked for.
    pub(super) catalogue_named: Option<CatalogueVersion>,
    /// What comes instead of any catalogue, and of any page of states.
    pub(super) catalogue_fails: Option<Failure>,
    pub(super) pull_fails: Option<Failure>,
    /// The next catalogue that is asked for never comes.
    pub(super) catalogue_hangs: bool,
    /// How often each was asked for.
    pub(super) catalogues: u32,
    pub(super) pulls: u32,
    pub(super) orders: Vec<shared::emergency::EmergencyOrder>,
    /// Rounds of the catalogue.
    pub(super) rounds: Vec<Round>,
    pub(super) bucket_left: bool,
    pub(super) nonce: Option<String>,
    /// The key that the handheld was enrolled with.
    pub(super) device_key: Option<PublicKey>,
    /// The token in force.
    pub(super) token: String,
    /// The challenge that was given and not used.
    pub(super) challenge: Option<String>,
    /// How many tokens were given by key.
    pub(super) renewals: u32,
    /// What the server's own key is made of.
    pub(super) key_seed: u8,
    /// Bytes of photos that came, those that it had already among them.
    pub(super) photo_bytes: usize,
    /// Photos that the handheld said are not there any more.
    pub(super) gone: BTreeSet<Sha256>,
    /// What it says of the rows that a handheld keeps.
    pub(super) room: Option<Room>,
    /// The handheld was reported lost.
    pub(super) lost: bool,
    /// Cases that were closed long ago and are in no bucket any more.
    pub(super) left: BTreeSet<CaseId>,
    /// The reports that each pull named, where it named some.
    pub(super) named: Vec<Vec<ReportId>>,
    /// It is from before a pull named reports.
    pub(super) names_nothing: bool,
    /// What its clock has moved since the beginning.
    pub(super) passed_ms: i64,
}

/// What happens while a request is out.
pub(super) struct Meanwhile(pub(super) Pin<Box<dyn Future<Output = ()> + Send>>);

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meanwhile")
    }
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) kept: Mutex<Kept>,
    /// Happens while the next pull is out.
    pub(super) meanwhile: Mutex<Option<Meanwhile>>,
}

fn offline() -> Failure {
    Failure::Unreachable("no network".into())
}

impl Server {
    pub(super) fn new() -> Self {
        Self {
            kept: Mutex::new(Kept {
                server_epoch: "life-1".into(),
                token: "secret".into(),
                push_max: 100,
                page: 2,
                catalogue_version: "350703-1".into(),
                orders: vec![],
                ..Kept::default()
            }),
            meanwhile: Mutex::default(),
        }
    }

    pub(super) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.kept.lock().unwrap().faults.extend(faults);
    }

    pub(super) fn go_offline(&self) {
        self.fail(std::iter::repeat_n(Fault::LoseRequest, 1000));
    }

    pub(super) fn go_online(&self) {
        self.kept.lock().unwrap().faults.clear();
    }

    fn me() -> Me {
        Me {
            id: PersonId(Uuid::from_u128(77)),
            login: "chenxx".into(),
            name: "陈晓霞".into(),
            posts: vec![Post {
                id: PostId(Uuid::from_u128(78)),
                role: Role::GridWorker,
                area: AreaCode::new("350703001012001").unwrap(),
                unit: None,
                kind: PostKind::Worker,
            }],
        }
    }

    /// Meets the next fault, or does the work.
    fn meet<A>(&self, work: impl FnOnce(&mut Kept) -> Result<A, Failure>) -> Result<A, Failure> {
        let mut kept = self.kept.lock().unwrap();
        kept.requests += 1;
        match kept.faults.pop_front() {
            None => work(&mut kept),
            Some(Fault::LoseRequest) => Err(offline()),
            Some(Fault::LoseAnswer) => work(&mut kept).and(Err(offline())),
            Some(Fault::Say(failure)) => Err(failure),
            Some(cut @ Fault::CutPiece(_)) => {
                let done = work(&mut kept);
                kept.faults.push_front(cut);
                done
            }
        }
    }

    /// Of the next piece of a photo so many bytes arrive.
    fn next_cut(&self) -> Option<usize> {
        let mut kept = self.kept.lock().unwrap();
        let Some(&Fault::CutPiece(bytes)) = kept.faults.front() else {
            return None;
        };
        kept.faults.pop_front();
        Some(bytes)
    }

    pub(super) fn close(&self, report: ReportId) {
        let mut kept = self.kept.lock().unwrap();
        let now = kept
            .cases
            .iter()
            .map(|case| case.revision)
            .max()
            .unwrap_or(0)
            + 1;
        let case = kept
            .cases
            .iter_mut()
            .find(|case| case.report_id == report)
            .unwrap();
        case.state = "closed".into();
        case.class = Class::Closed;
        case.closed_ms = Some(START);
        case.revision = now;
    }

    /// It was closed long ago, and leaves its bucket.
    pub(super) fn leave(&self, report: ReportId) {
        self.close(report);
        let mut kept = self.kept.lock().unwrap();
        let is_its = |case: &&CaseState| case.report_id == report;
        let id = kept.cases.iter().find(is_its).unwrap().id;
        kept.left.insert(id);
    }
}

impl Transport for Server {
    async fn enrol(&self, _server: &str, request: &EnrolRequest) -> Result<EnrolAnswer, Failure> {
        self.meet(|kept| {
            kept.device_key = request.key;
            Ok(EnrolAnswer {
                protocol: PROTOCOL.into(),
                device_id: request.device_id,
                epoch: 1,
                token: kept.token.clone(),
                me: Self::me(),
                district: AreaCode::new("350703").unwrap(),
                district_name: "建阳区".into(),
                server_epoch: kept.server_epoch.clone(),
                server_time: kept.now(),
                catalogue_version: CatalogueVersion::new(kept.catalogue_version.clone()).unwrap(),
                areas_version: "areas-1".into(),
                receipt_key: Some(kept.receipt_key().public()),
                token_lasts_ms: Some(DAY_MS),
            })
        })
    }

    async fn challenge(&self, _server: &str) -> Result<ChallengeAnswer, Failure> {
        self.meet(|kept| {
            let challenge = format!("challenge {}", kept.requests);
            kept.challenge = Some(challenge.clone());
            Ok(ChallengeAnswer {
                protocol: PROTOCOL.into(),
                challenge,
            })
        })
    }

    async fn token(&self, _server: &str, request: &TokenRequest) -> Result<TokenAnswer, Failure> {
        self.meet(|kept| {
            if kept.challenge.take().as_ref() != Some(&request.challenge) {
                return Err(Failure::gone());
            }
            if !kept
                .device_key
                .is_some_and(|key| request.is_signed_by(&key))
            {
                return Err(Failure::Unauthenticated);
            }
            kept.renewals += 1;
            kept.token = format!("secret {}", kept.renewals);
            Ok(TokenAnswer {
                protocol: PROTOCOL.into(),
                token: kept.token.clone(),
                lasts_ms: DAY_MS,
            })
        })
    }

    async fn push(&self, link: &Link, request: &PushRequest) -> Result<PushAnswer, Failure> {
        let (request, token) = (request.clone(), link.token.clone());
        self.meet(move |kept| {
            if token != kept.token {
                return Err(Failure::Unauthenticated);
            }
            kept.pushes.push(request.ops.len());
            if request.ops.len() > kept.push_max {
                return Err(Failure::TooLarge);
            }
            let texts: Vec<String> = request.ops.iter().map(ToString::to_string).collect();
            if let Some(poison) = &kept.poison
                && texts.iter().any(|text| text.contains(poison.as_str()))
            {
                return Err(Failure::Refused {
                    status: 400,
                    words: "看不懂".into(),
                    words_en: "malformed".into(),
                });
            }
            let hashes: Vec<Sha256> = request
                .ops
                .iter()
                .map(|op| chain::Link::of(op).unwrap().hash)
                .collect();
            kept.check_signature(&request);
            let mut results: Vec<_> = texts.iter().map(|text| kept.take(text)).collect();
            let mut entries = Vec::new();
            for (result, hash) in results.iter_mut().zip(hashes) {
                entries.extend(result.entry(hash));
                result.receipted = result.received_at.is_some();
            }
            let seal = receipt::seal(&entries, &kept.receipt_key());
            Ok(PushAnswer {
                protocol: PROTOCOL.into(),
                nonce: kept.nonce.clone().unwrap_or(request.nonce),
                server_epoch: kept.server_epoch.clone(),
                server_time: kept.now(),
                high_water: kept.high_water(),
                gaps: vec![],
                results,
                seal,
            })
        })
    }

    async fn pull(&self, _link: &Link, request: &PullRequest) -> Result<PullAnswer, Failure> {
        let bucket = Bucket::new("person:77").unwrap();
        let from = request.buckets.get(&bucket).copied().unwrap_or(0);
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(Meanwhile(happens)) = meanwhile {
            happens.await;
        }
        self.meet(|kept| {
            kept.pulls += 1;
            if let Some(failure) = &kept.pull_fails {
                return Err(failure.clone());
            }
            kept.gone.extend(&request.photos_gone);
            let mine = kept.mine(&request.mine);
            let mut rows = kept.rows_after(from);
            rows.sort_by_key(|case| case.revision);
            let more = rows.len() > kept.page;
            rows.truncate(kept.page);
            let position = rows.last().map_or(from, |case| case.revision);
            let owed = kept.owed();
            let waiting = request.photos_waiting.unwrap();
            let rows = rows.into_iter().map(|case| kept.row(&bucket, case));
            let left = kept.bucket_left;
            Ok(PullAnswer {
                protocol: PROTOCOL.into(),
                server_epoch: kept.server_epoch.clone(),
                server_time: kept.now(),
                rows: if left { vec![] } else { rows.collect() },
                buckets: if left {
                    BTreeMap::new()
                } else {
                    BTreeMap::from([(bucket, position)])
                },
                more: more && !left,
                backfill: BTreeMap::new(),
                digests: BTreeMap::new(),
                repair: None,
                room: kept.room,
                photos_owed: if owed.len() as u64 == waiting {
                    vec![]
                } else {
                    owed
                },
                mine,
                settled: {
                    let asked = |one: &&Settled| request.unsettled.contains(&one.op_id);
                    kept.settled.iter().filter(asked).cloned().collect()
                },
                catalogue_version: CatalogueVersion::new(kept.catalogue_version.clone()).unwrap(),
                areas_version: "areas-1".into(),
                orders: kept.orders.clone(),
                me: Self::me(),
                lost: kept.lost,
            })
        })
    }

    async fn catalogue(
        &self,
        _link: &Link,
        version: &CatalogueVersion,
    ) -> Result<CatalogueBundle, Failure> {
        let hangs = std::mem::take(&mut self.kept.lock().unwrap().catalogue_hangs);
        if hangs {
            std::future::pending::<()>().await;
        }
        self.meet(|kept| {
            kept.catalogues += 1;
            if let Some(failure) = &kept.catalogue_fails {
                return Err(failure.clone());
            }
            let named = kept.catalogue_named.as_ref();
            Ok(CatalogueBundle {
                version: named.unwrap_or(version).clone(),
                patrols: kept.rounds.clone(),
                ..catalogue()
            })
        })
    }

    async fn areas(&self, _link: &Link) -> Result<AreasBundle, Failure> {
        self.meet(|_| Ok(areas()))
    }

    async fn has_photo(&self, _link: &Link, sha256: Sha256, _bytes: u64) -> Result<bool, Failure> {
        self.meet(|kept| Ok(kept.photos.contains_key(&sha256)))
    }

    async fn open_upload(
        &self,
        _link: &Link,
        sha256: Sha256,
        bytes: u64,
    ) -> Result<(String, u64), Failure> {
        self.meet(|kept| {
            // An upload that was begun goes on.
            let begun = kept.uploads.iter().find(|(_, (hash, ..))| *hash == sha256);
            if let Some((url, (.., arrived))) = begun {
                return Ok((url.clone(), arrived.len() as u64));
            }
            let url = format!("/v1/files/{}", kept.uploads.len() + 1);
            kept.uploads.insert(url.clone(), (sha256, bytes, vec![]));
            Ok((url, 0))
        })
    }

    async fn upload_offset(&self, _link: &Link, url: &str) -> Result<u64, Failure> {
        self.meet(|kept| {
            kept.uploads
                .get(url)
                .map(|(.., bytes)| bytes.len() as u64)
                .ok_or(Failure::gone())
        })
    }

    async fn send_chunk(
        &self,
        _link: &Link,
        url: &str,
        offset: u64,
        chunk: Vec<u8>,
    ) -> Result<u64, Failure> {
        let mut chunk = chunk;
        let cut = self.next_cut();
        chunk.truncate(cut.unwrap_or(usize::MAX));
        let sent = self.meet(|kept| {
            kept.photo_bytes += chunk.len();
            let (sha256, whole, bytes) = kept.uploads.get_mut(url).ok_or(Failure::gone())?;
            if bytes.len() as u64 != offset {
                return Err(Failure::Offset);
            }
            bytes.extend(chunk);
            if bytes.len() as u64 == *whole {
                if Sha256::of(bytes) != *sha256 {
                    kept.uploads.remove(url);
                    return Err(Failure::Checksum);
                }
                kept.photos.insert(*sha256, bytes.clone());
                return Ok(*whole);
            }
            Ok(bytes.len() as u64)
        });
        if cut.is_some() { Err(offline()) } else { sent }
    }
}
