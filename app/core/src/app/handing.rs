//! The façade's part of handing a handheld on: what waits goes up while it is still bound to whoever
//! filed it. What stays behind goes up later all the same; the server then judges it as theirs for a
//! week.

use super::App;
use crate::edge::Edge;
use crate::error::CoreError;
use crate::store::outbox;
use crate::sync::engine::Event;
use crate::sync::transport::Transport;
use shared::time::Timestamp;
use std::time::Duration;

/// So long a new binding waits for what was filed before it.
const DELIVERED_WITHIN: Duration = Duration::from_secs(20);

impl App {
    /// Sends what waits under the present binding. Whatever becomes of that, the next one goes on.
    pub(super) async fn deliver_before_binding(&self, transport: &impl Transport, edge: &Edge) {
        let delivering = self.deliver_waiting(transport, edge);
        drop(tokio::time::timeout(DELIVERED_WITHIN, delivering).await);
    }

    /// Pushes until nothing is left that could be sent now. It asks for nothing: a handheld that was
    /// reported lost and is bound again is not told, so that it keeps its key.
    async fn deliver_waiting(
        &self,
        transport: &impl Transport,
        edge: &Edge,
    ) -> Result<(), CoreError> {
        let mut round = self.inner.round.lock().await;
        self.begin_round(&mut round, Timestamp(i64::MIN))?;
        while self.store().read(outbox::waiting_number)? > 0 {
            match self.step(transport, edge, &mut round).await? {
                Event::Pushed { .. } | Event::TokenEnded | Event::TokenRenewed => {}
                _ => break,
            }
        }
        Ok(())
    }
}
