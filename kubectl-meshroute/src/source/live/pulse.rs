//! Notices that a server is gone whose connections look as if it were there.

use std::time::Duration;

use tokio::{
    sync::mpsc::Sender,
    time::{sleep, timeout},
};

use super::{list::Server, watch::Change};
use crate::connect::Trouble;

/// How often the server is asked while it answers, and while it does not.
const EVERY: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(1));
/// How long an answer may take, as in client-go (`golang.org/x/net/http2`, `PingTimeout`), unless a
/// flag says less.
const ANSWER: Duration = Duration::from_secs(15);

/// Asks the server for something small, over and over, until nobody listens. A watch is silent
/// where nothing happens, and where a machine has stopped or a network is cut.
pub(super) async fn pulse(server: &Server, changes: Sender<Change>) {
    let mut is_lost = false;
    loop {
        sleep(if is_lost { EVERY.1 } else { EVERY.0 }).await;
        // Any answer is a sign of life.
        let trouble = match timeout(ANSWER, server.connection.get("/version")).await {
            Ok(answer) => answer.err(),
            Err(_) => Some(Trouble::TooSlow(format!(
                "{} has not answered within {} s",
                server.connection.server,
                ANSWER.as_secs()
            ))),
        };
        let told = match trouble {
            Some(trouble) => {
                is_lost = true;
                changes.send(Change::Lost(None, trouble.message().to_owned())).await
            }
            None if is_lost => {
                is_lost = false;
                // What was connected before may lead nowhere.
                server.reconnect.notify_waiters();
                changes.send(Change::Back(None)).await
            }
            None => Ok(()),
        };
        if told.is_err() || changes.is_closed() {
            return;
        }
    }
}
