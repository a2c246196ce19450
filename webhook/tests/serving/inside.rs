//! The program without its process: with a judge and limits of the test.

use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use meshroute::cluster::Part;
use meshroute_webhook::{
    log::{Format, Log},
    program::{Outcome, Program},
    review::{About, Answer, Question, Verdict},
    serve::{self, Limits},
    stop::Phase,
    tls::{Signer, Source, Terms, names},
};
use rustls::ClientConfig;
use tokio::{
    runtime::Runtime,
    sync::{oneshot, watch},
    task::JoinHandle,
};

use crate::{client::trusting, program::Folder};

/// The program inside of the test.
pub(crate) struct Inside {
    _opens: Option<Opens>,
    runtime: Runtime,
    running: JoinHandle<Outcome>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) listen: String,
    pub(crate) admin: String,
    pub(crate) config: Arc<ClientConfig>,
}

/// Lets go what a judge holds when a test ends, however it does: threads that are held would keep it from ending.
pub(crate) struct Opens(pub(crate) Arc<Judge>);

impl Drop for Opens {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// A judge that says what it is asked to do.
#[derive(Default)]
pub(crate) struct Judge {
    is_open: Mutex<bool>,
    opened: Condvar,
    held: AtomicUsize,
}

impl Judge {
    /// Breaks on `panic`, waits on `hold` until it is let go, and admits everything.
    pub(crate) fn answer(&self, body: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(&body[..body.len().min(20)]);
        assert!(!text.contains("panic"), "on purpose");
        if text.contains("hold") {
            self.held.fetch_add(1, Ordering::SeqCst);
            let mut is_open = self.is_open.lock().expect("nobody breaks here");
            while !*is_open {
                is_open = self.opened.wait(is_open).expect("nobody breaks here");
            }
        }
        Answer {
            status: 200,
            content_type: "application/json",
            body: b"{}".to_vec(),
            verdict: Verdict::Admitted,
            findings: Vec::new(),
            absent: BTreeSet::new(),
            about: About::default(),
        }
    }

    /// Lets go all that it holds.
    pub(crate) fn open(&self) {
        *self.is_open.lock().expect("nobody breaks here") = true;
        self.opened.notify_all();
    }

    /// How many it has held.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }
}

/// A body that the judge holds; so large that it is not judged where it was read.
pub(crate) fn hold() -> Vec<u8> {
    let mut body = b"hold".to_vec();
    body.resize(100_000, b' ');
    body
}

impl Inside {
    pub(crate) fn start(limits: Limits, judge: &Arc<Judge>) -> Self {
        let (judge, opens) = (Arc::clone(judge), Opens(Arc::clone(judge)));
        let inside = Self::with(
            limits,
            Arc::new(move |_: Question, body: &[u8], _: &BTreeSet<Part>| judge.answer(body)),
        );
        Self { _opens: Some(opens), ..inside }
    }

    pub(crate) fn with(limits: Limits, judge: meshroute_webhook::admission::Judge) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let folder = Folder::new();
        let signer = Signer::own(names::names(&[], None), SystemTime::now()).expect("an authority");
        let file = folder.path("ca.pem");
        signer.write_authority(&file).expect("it can be written");
        let config = trusting(&std::fs::read_to_string(file).expect("PEM"), "http/1.1");
        let bind = || serve::bind((Ipv4Addr::LOCALHOST, 0).into(), "--listen");
        let (admission, admin) = runtime
            .block_on(async { (bind().await.expect("loopback"), bind().await.expect("too")) });
        let (listen, admin_address) = (serve::address(&admission), serve::address(&admin));
        let (stop, stopped) = oneshot::channel();
        let program = Program {
            admission,
            admin,
            source: Source::Own(Box::new(signer)),
            terms: Terms::default(),
            judge,
            sight: None,
            limits,
            pause: Duration::ZERO,
            log: Log::new(Format::Text, std::io::sink()),
        };
        let running = runtime.spawn(program.run(|phase, _| follow(phase, stopped)));
        Self {
            _opens: None,
            runtime,
            running,
            stop: Some(stop),
            listen,
            admin: admin_address,
            config,
        }
    }

    /// Asks it to stop.
    pub(crate) fn stop(&mut self) {
        let stop = self.stop.take().expect("only once");
        stop.send(()).expect("it waits for that");
    }

    /// How it has ended.
    pub(crate) fn outcome(self) -> Outcome {
        let outcome = self.runtime.block_on(self.running).expect("it does not break");
        self.runtime.shutdown_background();
        outcome
    }
}

async fn follow(phase: watch::Sender<Phase>, stopped: oneshot::Receiver<()>) {
    if stopped.await.is_ok() {
        phase.send_replace(Phase::Stopping);
    }
    std::future::pending().await
}
