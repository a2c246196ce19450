//! How the process is told to stop, and how far it is.

use std::{io, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::sleep,
};

/// How far the end of the process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It serves.
    Serving,
    /// It serves, and tells everybody to go elsewhere: probes by not being ready, clients by closing.
    Leaving,
    /// It accepts nothing more, and finishes what is under way.
    Stopping,
}

impl Phase {
    /// Resolves when the process is as far as `phase`, or when nobody can tell any more.
    pub async fn reached(receiver: &mut watch::Receiver<Self>, phase: Self) {
        // An error means that the sender is gone, and with it the process.
        let _ = receiver.wait_for(|now| *now >= phase).await;
    }
}

/// The signals that stop the process.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens to them.
    ///
    /// # Errors
    ///
    /// Returns what the system says.
    pub fn new() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Resolves at the next of them; whether somebody at a terminal sent it.
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => false,
            _ = self.interrupt.recv() => true,
        }
    }

    /// Moves the phase as the signals say; resolves at the second one.
    ///
    /// `pause` lies between the first and the end of accepting: so long a cluster may take to learn that the process goes.
    /// Nobody at a terminal has to wait for that.
    pub async fn follow(mut self, phase: watch::Sender<Phase>, pause: Duration) {
        let is_typed = self.next().await;
        phase.send_replace(Phase::Leaving);
        if !is_typed {
            tokio::select! {
                () = sleep(pause) => {}
                _ = self.next() => return,
            }
        }
        phase.send_replace(Phase::Stopping);
        self.next().await;
    }
}
