//! The clients that bring requests to the network.

use super::limits::{self, Limits};
use super::{Carried, Carrier, Failure, reason};
use crate::sync::tls;
use reqwest::{Client, ClientBuilder, Request, Url};
use shared::invitation::{Fingerprint, pin_of};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Why a request failed that took too long.
pub(super) const TOO_LATE: &str = "no answer in time";

/// HTTP clients for far and for loopback addresses, and for the one pinned address.
#[derive(Debug)]
pub(super) struct Network {
    far: Client,
    near: Client,
    pinned: Mutex<Option<(Fingerprint, Client)>>,
    limits: Limits,
}

impl Network {
    /// Builds the clients.
    pub(super) fn new(limits: Limits) -> Result<Self, Failure> {
        // A second call finds the provider installed, which is as good.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        Ok(Self {
            far: builder().build().map_err(not_built)?,
            near: builder().no_proxy().build().map_err(not_built)?,
            pinned: Mutex::default(),
            limits,
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
        let builder = builder().tls_backend_preconfigured(tls::pinned(pin.clone())?);
        let builder = if near { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(not_built)?;
        *pinned = Some((pin, client.clone()));
        Ok(client)
    }
}

impl Carrier for Network {
    fn carry(&self, request: Request) -> Carried<'_> {
        let client = self.client(request.url());
        let wait = self.limits.until_head(&request);
        Box::pin(async move { in_time(wait, client?.execute(request)).await })
    }
}

/// How requests are sent.
fn builder() -> ClientBuilder {
    limits::watchful(Client::builder()).redirect(reqwest::redirect::Policy::none())
}

/// Waits so long for something of the network.
pub(super) async fn in_time<T>(
    wait: Duration,
    coming: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(wait, coming).await {
        Ok(came) => came.map_err(|error| unsent(&error)),
        Err(_) => Err(Failure::Unreachable(TOO_LATE.to_owned())),
    }
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
