//! The network of one handheld: carries its requests, and does to them what weak signal, portals,
//! proxies and power cuts do.

use super::chance::Chance;
use super::clock::Time;
use super::host::{Answer, Host, Image, Sent};
use super::trace::Trace;
use anyhow::Result;
use app_core::sync::http::{Carried, Carrier};
use app_core::sync::transport::Failure;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::{Request, Response};
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Requests that may be under way for later; more would only be the same again.
const LATE_MAX: usize = 8;
/// A proxy in the way says so when it is busy.
const RETRY_AFTER_S: &str = "7";

/// How good the signal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything goes through at once.
    Calm,
    /// A fault now and then.
    Fair,
    /// Slow, every third request fails somehow.
    Weak,
    /// Most fail.
    Awful,
    /// No signal.
    Out,
    /// A network that asks for a sign-in.
    Portal,
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Through,
    /// It never arrives.
    Lost,
    /// It takes effect, the answer is lost.
    AnswerLost,
    /// The line breaks while the body is sent.
    Cut,
    /// The line breaks while the answer is read.
    AnswerCut,
    /// It arrives twice, one right after the other.
    Twice,
    /// It arrives, and once more much later.
    Echo,
    /// It seems lost and arrives much later.
    Late,
    /// Something that isn't our server answers.
    Foreign,
    /// A cache in the way gives the answer to the request before.
    Stale,
    /// A letter changes on the way.
    Damaged,
    /// A proxy says 503.
    Busy,
    /// A proxy says 413.
    TooLarge,
    /// The handheld dies before it is sent.
    DieBefore,
    /// The handheld dies when it has taken effect.
    DieAfter,
    /// The server dies before it has read it.
    KillBefore,
    /// The server dies between its commit and its answer.
    KillAfter,
    /// The server dies when its files are written and its database isn't.
    KillBetween,
    /// The power fails while the server's disk is writing.
    PowerCut,
}

const FAULTS: [(usize, Fate); 18] = [
    (10, Fate::Lost),
    (10, Fate::AnswerLost),
    (6, Fate::Cut),
    (3, Fate::AnswerCut),
    (4, Fate::Twice),
    (4, Fate::Echo),
    (4, Fate::Late),
    (3, Fate::Foreign),
    (2, Fate::Stale),
    (2, Fate::Damaged),
    (2, Fate::Busy),
    (2, Fate::TooLarge),
    (2, Fate::DieBefore),
    (3, Fate::DieAfter),
    (1, Fate::KillBefore),
    (2, Fate::KillAfter),
    (1, Fate::KillBetween),
    (3, Fate::PowerCut),
];

/// The line between one handheld and the server.
#[derive(Clone)]
pub struct Line {
    number: usize,
    time: Time,
    trace: Trace,
    host: Arc<tokio::sync::Mutex<Host>>,
    state: Arc<Mutex<State>>,
    died: Arc<Notify>,
}

struct State {
    weather: Weather,
    chance: Chance,
    late: Vec<Sent>,
    /// The last answer to a push, as a cache would have kept it.
    pushed: Option<Answer>,
    broken: Option<String>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Line").field(&self.number).finish()
    }
}

impl Line {
    /// A line in calm weather.
    #[must_use]
    pub fn new(
        number: usize,
        time: &Time,
        trace: &Trace,
        host: &Arc<tokio::sync::Mutex<Host>>,
        chance: Chance,
    ) -> Self {
        let state = State {
            weather: Weather::Calm,
            chance,
            late: Vec::new(),
            pushed: None,
            broken: None,
        };
        Self {
            number,
            time: time.clone(),
            trace: trace.clone(),
            host: Arc::clone(host),
            state: Arc::new(Mutex::new(state)),
            died: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the weather.
    pub fn set_weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// Done when the handheld has to die.
    pub async fn death(&self) {
        self.died.notified().await;
    }

    /// What went wrong in the simulation itself, which no handheld could tell.
    #[must_use]
    pub fn broken(&self) -> Option<String> {
        self.state().broken.clone()
    }

    /// Lets requests arrive that were under way all the time.
    pub async fn deliver_late(&self) -> Result<()> {
        let late = std::mem::take(&mut self.state().late);
        for sent in late {
            let answer = self.host.lock().await.answer(&sent, None).await?;
            let status = answer.map_or(0, |answer| answer.status.as_u16());
            self.trace.count("arrived late");
            self.say("late", &sent, Some(status));
        }
        Ok(())
    }

    /// What happens to this request, and how long it takes.
    fn draw(&self, sent: &Sent) -> (Fate, i64) {
        let mut state = self.state();
        let (faults, slowest_ms) = match state.weather {
            Weather::Calm => return (Fate::Through, 60),
            Weather::Fair => (60, 900),
            Weather::Weak => (330, 14_000),
            Weather::Awful => (750, 30_000),
            Weather::Out => return (Fate::Lost, 40),
            Weather::Portal => return (Fate::Foreign, 90),
        };
        let took_ms = state.chance.between(60, slowest_ms);
        if !state.chance.odds(faults) {
            return (Fate::Through, took_ms);
        }
        let fate = state.chance.weighted(&FAULTS);
        // Of an enrolment only the answer tells the token, so an old copy would take it away.
        let is_enrolment = sent.path.ends_with("/enrol");
        let fate = match fate {
            Fate::Echo | Fate::Late if is_enrolment => Fate::Lost,
            Fate::KillBetween if sent.method != "PATCH" => Fate::KillAfter,
            Fate::Cut if sent.body.len() < 2 => Fate::Lost,
            Fate::Stale if !is_push(sent) || state.pushed.is_none() => Fate::Foreign,
            Fate::Damaged if !is_push(sent) => Fate::Lost,
            fate => fate,
        };
        (fate, took_ms)
    }

    async fn meet(&self, sent: Sent) -> Result<Result<Answer, Failure>> {
        let (fate, took_ms) = self.draw(&sent);
        self.time.pass(took_ms);
        self.trace.count(name(fate));
        let outcome = self.suffer(fate, &sent).await?;
        self.say(
            name(fate),
            &sent,
            outcome.as_ref().ok().map(|answer| answer.status.as_u16()),
        );
        Ok(outcome)
    }

    async fn suffer(&self, fate: Fate, sent: &Sent) -> Result<Result<Answer, Failure>> {
        Ok(match fate {
            Fate::Lost => no_signal(),
            Fate::Foreign => Ok(self.foreign()),
            Fate::Stale => self.state().pushed.clone().map_or_else(no_signal, Ok),
            Fate::Busy => Ok(busy()),
            Fate::TooLarge => Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, "too large")),
            Fate::Late => {
                self.keep_for_later(sent);
                no_signal()
            }
            Fate::DieBefore => self.die().await,
            Fate::KillBefore => {
                let down_ms = self.state().chance.between(1_000, 900_000);
                self.host.lock().await.kill(down_ms).await?;
                no_signal()
            }
            Fate::Cut => {
                let at = self.state().chance.below(sent.body.len());
                self.host.lock().await.answer(sent, Some(at)).await?;
                no_signal()
            }
            Fate::Damaged => self.arrived(fate, &damaged(sent)?).await?,
            Fate::KillBetween => {
                let mut host = self.host.lock().await;
                let image = host.image()?;
                host.answer(sent, None).await?;
                host.kill_without(&image).await?;
                no_signal()
            }
            Fate::PowerCut => {
                let mut host = self.host.lock().await;
                let before = host.image()?;
                host.answer(sent, None).await?;
                let torn = Image::torn(&before, &host.image()?, &mut self.state().chance);
                host.kill_without(&torn).await?;
                no_signal()
            }
            Fate::Through
            | Fate::AnswerLost
            | Fate::AnswerCut
            | Fate::Twice
            | Fate::Echo
            | Fate::DieAfter
            | Fate::KillAfter => self.arrived(fate, sent).await?,
        })
    }

    /// The server has answered.
    async fn arrived(&self, fate: Fate, sent: &Sent) -> Result<Result<Answer, Failure>> {
        let Some(mut answer) = self.host.lock().await.answer(sent, None).await? else {
            return Ok(no_signal());
        };
        if is_push(sent) && answer.status.is_success() {
            self.state().pushed = Some(answer.clone());
        }
        Ok(match fate {
            Fate::AnswerLost => no_signal(),
            Fate::AnswerCut => {
                let at = self.state().chance.below(answer.body.len());
                answer.body.truncate(at);
                // Without its length a client would take it for the whole.
                if answer.body.is_empty() {
                    no_signal()
                } else {
                    Ok(answer)
                }
            }
            Fate::Twice => {
                let again = self.host.lock().await.answer(sent, None).await?;
                again.map_or_else(no_signal, Ok)
            }
            Fate::Echo => {
                self.keep_for_later(sent);
                Ok(answer)
            }
            Fate::DieAfter => self.die().await,
            Fate::KillAfter => {
                self.host.lock().await.kill(0).await?;
                no_signal()
            }
            _ => Ok(answer),
        })
    }

    /// The few cases of a seed fit one page, so pages are asked for smaller than the app does.
    fn in_small_pages(&self, path: &str, body: &[u8]) -> Bytes {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let is_page = path.ends_with("/pull") && text.contains("\"limit\":500");
        if !is_page || !self.state().chance.odds(100) {
            return Bytes::copy_from_slice(body);
        }
        self.trace.count("small pages");
        let rows = self.state().chance.between(1, 6);
        Bytes::from(text.replace("\"limit\":500", &format!("\"limit\":{rows}")))
    }

    fn keep_for_later(&self, sent: &Sent) {
        let mut state = self.state();
        if state.late.len() < LATE_MAX {
            state.late.push(sent.clone());
        }
    }

    /// The handheld dies here: whoever waits for this answer is gone.
    async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }

    /// An answer of somebody else.
    fn foreign(&self) -> Answer {
        let number = self.state().chance.below(7);
        let (status, text) = match number {
            0 => (StatusCode::FOUND, ""),
            1 => (StatusCode::UNAUTHORIZED, "<html>登录</html>"),
            2 => (StatusCode::NOT_FOUND, "<html>404</html>"),
            3 => (StatusCode::OK, "{\"code\":0,\"message\":\"ok\"}"),
            4 => (StatusCode::BAD_GATEWAY, "<html>502</html>"),
            5 => (StatusCode::NO_CONTENT, ""),
            _ => (StatusCode::OK, "<html>欢迎使用免费网络</html>"),
        };
        plain(status, text)
    }

    fn say(&self, what: &str, sent: &Sent, status: Option<u16>) {
        // Without ids of the server's making, which differ from run to run.
        let route: Vec<&str> = sent
            .path
            .split('/')
            .take(4)
            .map(|part| if part.len() > 20 { ":id" } else { part })
            .collect();
        let (now, number) = (self.time.now().0, self.number);
        let status = status.map_or_else(|| String::from("nothing"), |status| status.to_string());
        self.trace.line(format!(
            "{now} handheld {number}: {} {} ({} bytes): {what}, {status}",
            sent.method,
            route.join("/"),
            sent.body.len()
        ));
    }
}

impl Carrier for Line {
    fn carry(&self, request: Request) -> Carried<'_> {
        Box::pin(async move {
            let query = request.url().query().map(|query| format!("?{query}"));
            let body = request
                .body()
                .and_then(|body| body.as_bytes())
                .unwrap_or_default();
            let body = self.in_small_pages(request.url().path(), body);
            let sent = Sent {
                method: request.method().clone(),
                path: format!("{}{}", request.url().path(), query.unwrap_or_default()),
                headers: request.headers().clone(),
                body,
            };
            match self.meet(sent).await {
                Ok(Ok(answer)) => Ok(heard(answer)),
                Ok(Err(failure)) => Err(failure),
                Err(error) => {
                    self.state().broken.get_or_insert(format!("{error:#}"));
                    Err(Failure::Unreachable(String::from(
                        "the simulation is broken",
                    )))
                }
            }
        })
    }
}

fn is_push(sent: &Sent) -> bool {
    sent.path.ends_with("/sync/push")
}

/// The same push with a letter of one operation changed on the way.
fn damaged(sent: &Sent) -> Result<Sent> {
    let mut sent = sent.clone();
    let mut text = String::new();
    if sent.headers.remove("content-encoding").is_some() {
        flate2::read::GzDecoder::new(&*sent.body).read_to_string(&mut text)?;
    } else {
        text = String::from_utf8(sent.body.to_vec())?;
    }
    sent.headers.remove("content-length");
    sent.body = Bytes::from(text.replacen("路口", "路囗", 1));
    Ok(sent)
}

fn heard(answer: Answer) -> Response {
    let mut response = axum::http::Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Response::from(response)
}

fn no_signal() -> Result<Answer, Failure> {
    Err(Failure::Unreachable(String::from("no signal")))
}

fn plain(status: StatusCode, text: &'static str) -> Answer {
    let mut headers = HeaderMap::new();
    let kind = if text.starts_with('{') {
        "application/json"
    } else {
        "text/html"
    };
    headers.insert(
        HeaderName::from_static("content-type"),
        HeaderValue::from_static(kind),
    );
    Answer {
        status,
        headers,
        body: Bytes::from_static(text.as_bytes()),
    }
}

fn busy() -> Answer {
    let mut answer = plain(StatusCode::SERVICE_UNAVAILABLE, "busy");
    let after = HeaderName::from_static("retry-after");
    answer
        .headers
        .insert(after, HeaderValue::from_static(RETRY_AFTER_S));
    answer
}

const fn name(fate: Fate) -> &'static str {
    match fate {
        Fate::Through => "through",
        Fate::Lost => "request lost",
        Fate::AnswerLost => "answer lost",
        Fate::Cut => "request cut",
        Fate::AnswerCut => "answer cut",
        Fate::Twice => "sent twice",
        Fate::Echo => "echoed later",
        Fate::Late => "delayed",
        Fate::Foreign => "foreign answer",
        Fate::Stale => "stale answer",
        Fate::Damaged => "damaged on the way",
        Fate::Busy => "busy",
        Fate::TooLarge => "too large",
        Fate::DieBefore => "handheld died before sending",
        Fate::DieAfter => "handheld died before the answer",
        Fate::KillBefore => "server died before reading",
        Fate::KillAfter => "server died before answering",
        Fate::KillBetween => "server died before its database was written",
        Fate::PowerCut => "power cut at the server",
    }
}
