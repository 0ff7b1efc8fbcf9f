//! The clients that bring requests to the network.

use super::{Carried, Carrier, Failure, REQUEST_TIMEOUT, reason};
use crate::sync::tls;
use reqwest::{Client, ClientBuilder, Request, Url};
use shared::invitation::{Fingerprint, pin_of};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A phone with signal connects within this; without, the worker shouldn't wait longer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Nothing received for this long means the link is gone. It counts from the beginning of a request
/// until its answer begins, also while a body is being sent.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// HTTP clients for far and for loopback addresses, and for the one pinned address.
#[derive(Debug)]
pub(super) struct Network {
    far: Client,
    near: Client,
    pinned: Mutex<Option<(Fingerprint, Client)>>,
    builder: fn() -> ClientBuilder,
}

impl Network {
    /// Builds the clients.
    pub(super) fn new(builder: fn() -> ClientBuilder) -> Result<Self, Failure> {
        Ok(Self {
            far: builder().build().map_err(not_built)?,
            near: builder().no_proxy().build().map_err(not_built)?,
            pinned: Mutex::default(),
            builder,
        })
    }

    /// The client for far addresses.
    pub(super) fn far(&self) -> Client {
        self.far.clone()
    }

    /// The client for an address: one that knows the fingerprint, where the address carries one.
    fn client(&self, url: &Url) -> Result<Client, Failure> {
        let near = is_loopback(url);
        let Some(pin) = pin_of(url.as_str()) else {
            return Ok(if near { &self.near } else { &self.far }.clone());
        };
        // A panic elsewhere leaves the value whole: it is replaced at once.
        let mut pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = pinned.as_ref().filter(|(known, _)| *known == pin) {
            return Ok(client.clone());
        }
        let builder = (self.builder)().tls_backend_preconfigured(tls::pinned(pin.clone())?);
        let builder = if near { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(not_built)?;
        *pinned = Some((pin, client.clone()));
        Ok(client)
    }
}

impl Carrier for Network {
    fn carry(&self, request: Request) -> Carried<'_> {
        let client = self.client(request.url());
        Box::pin(async move {
            client?
                .execute(request)
                .await
                .map_err(|error| unsent(&error))
        })
    }
}

/// How requests are usually sent.
pub(super) fn builder() -> ClientBuilder {
    whole().read_timeout(READ_TIMEOUT)
}

/// The same with only the whole of a request timed.
pub(super) fn whole() -> ClientBuilder {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "its callers map errors with it"
)]
fn not_built(error: reqwest::Error) -> Failure {
    Failure::Unreachable(error.to_string())
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}

/// Why a request brought no answer: no network, or a server that isn't the one that was pinned.
fn unsent(error: &reqwest::Error) -> Failure {
    if tls::is_untrusted(error) {
        Failure::Untrusted
    } else {
        Failure::Unreachable(reason(error))
    }
}
