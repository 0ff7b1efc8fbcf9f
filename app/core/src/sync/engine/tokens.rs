//! The step that gets a new token by the device's key: before the one here ends, and when the
//! server says that it has.

use super::{Base, Channel, Engine, Event};
use crate::error::CoreError;
use crate::store::device::{self, Device};
use crate::store::{StoreError, Transaction, keys};
use crate::sync::plan::Wanted;
use crate::sync::transport::{Failure, Transport};
use shared::time::{DAY_MS, Timestamp};
use shared::wire::sync::{Binding, TokenAnswer, TokenRequest, renew_at};

/// A server from before there were challenges is asked again after this.
const OLD_SERVER_RETRY_MS: i64 = DAY_MS;

/// When a new token is wanted: at once when `ended` is the one here, else when it nears its end or
/// nobody ever said when that is. Never without a key.
pub(super) fn wanted(
    tx: &Transaction<'_>,
    device: &Device,
    ended: Option<&str>,
) -> Result<Wanted, StoreError> {
    if keys::device_key(tx)?.is_none() {
        return Ok(Wanted::No);
    }
    let at = device
        .token_renew
        .filter(|_| ended != Some(device.token.as_str()));
    Ok(Wanted::From(at.unwrap_or(Timestamp(0))))
}

impl<T: Transport> Engine<'_, T> {
    /// After a 401: whether a new token is worth asking for. Once a round; without a key never.
    pub(super) async fn token_may_be_renewed(&mut self) -> Result<bool, CoreError> {
        if self.round.token_renewed {
            return Ok(false);
        }
        let (has_key, token) = self
            .with_store(|store| {
                store.read(|tx| {
                    let token = device::read(tx)?.map(|device| device.token);
                    Ok((keys::device_key(tx)?.is_some(), token))
                })
            })
            .await?;
        self.round.token_ended = token;
        Ok(has_key)
    }

    pub(super) async fn renew(&mut self, base: Base) -> Result<Event, CoreError> {
        let answer = match self.ask_for_token(&base).await? {
            Ok(answer) => answer,
            Err(failure) => return self.renewal_failed(&base, failure).await,
        };
        let (before, now) = (base.link.token, self.edge.now());
        self.with_store(move |store| {
            let renew = renew_at(now, answer.lasts_ms);
            store.write(|tx| device::renew_token(tx, &before, &answer.token, renew))
        })
        .await?;
        self.round.succeeded(Channel::Token);
        self.round.token_ended = None;
        self.round.token_renewed = true;
        Ok(Event::TokenRenewed)
    }

    async fn ask_for_token(&self, base: &Base) -> Result<Result<TokenAnswer, Failure>, CoreError> {
        let key = self
            .with_store(|store| store.read(keys::device_key))
            .await?;
        let Some(key) = key else {
            return Ok(Err(Failure::Unauthenticated));
        };
        let server = &base.link.server;
        let challenge = match self.transport.challenge(server).await {
            Ok(answer) => answer.challenge,
            Err(failure) => return Ok(Err(failure)),
        };
        let binding = Binding {
            device_id: base.device.id,
            epoch: base.device.epoch,
            person: base.device.me.id,
        };
        let request = TokenRequest::signed(binding, challenge, &key);
        Ok(match self.transport.token(server, &request).await {
            // A challenge that ran out: not to be taken for a server that has none.
            Err(Failure::Gone { .. }) => Err(Failure::Busy {
                retry_after_ms: None,
            }),
            answer => answer,
        })
    }

    /// A server that knows no challenges says so in its own words; a portal has none.
    async fn renewal_failed(&mut self, base: &Base, failure: Failure) -> Result<Event, CoreError> {
        let is_old = matches!(&failure, Failure::Gone { words, .. } if !words.is_empty());
        if !is_old {
            return self.failed(Channel::Token, failure).await;
        }
        if self.round.token_ended.as_ref() == Some(&base.link.token) {
            return self.failed(Channel::Token, Failure::Unauthenticated).await;
        }
        let retry = self.edge.now().plus_ms(OLD_SERVER_RETRY_MS);
        self.with_store(move |store| store.write(|tx| device::put_off_renewal(tx, retry)))
            .await?;
        Ok(Event::TokenRenewed)
    }
}
