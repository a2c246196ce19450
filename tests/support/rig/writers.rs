//! Clients that write routes at a fixed rate, whatever comes of it.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Api, mesh_route, route, routes};
use crate::{https::Target, wait};

/// How many clients there are, each with a connection of its own.
const CLIENTS: u32 = 20;

/// The clients.
pub struct Writers {
    clients: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
}

struct Shared {
    start: Instant,
    is_over: AtomicBool,
    writes: Mutex<Vec<Write>>,
}

/// A write that the webhook is asked about, and what came of it.
#[derive(Clone, Debug)]
pub struct Write {
    /// When it was due, since the start.
    pub due: Duration,
    /// When it was sent: later, where those before it took too long.
    pub sent: Duration,
    /// When it was answered.
    pub answered: Duration,
    /// What it was.
    pub what: &'static str,
    /// The status; 0 where the connection to the API server broke.
    pub status: u16,
    /// What the answer says, where it is no success.
    pub text: String,
}

/// All writes.
#[derive(Clone, Debug)]
pub struct Writes(pub Vec<Write>);

impl Writers {
    pub(super) fn start(target: Target, namespace: &str, rate: u32) -> Self {
        let shared = Arc::new(Shared {
            start: Instant::now(),
            is_over: AtomicBool::new(false),
            writes: Mutex::default(),
        });
        let every = Duration::from_secs(1) * CLIENTS / rate;
        let client = |number: u32| {
            let (shared, namespace) = (Arc::clone(&shared), namespace.to_owned());
            let api = Api::new(target.clone());
            // Not all at once.
            let due = every * number / CLIENTS;
            thread::spawn(move || Client { api, namespace, due, every, shared }.run())
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { clients, shared }
    }

    /// The time since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.shared.start.elapsed()
    }

    /// Waits until more writes than this were sent after a moment, and answered.
    ///
    /// # Panics
    ///
    /// Panics if that does not happen.
    pub fn until_sent(&self, from: Duration, count: usize) {
        wait::until(super::PATIENCE, || {
            let writes = self.shared.writes.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = writes.iter().filter(|write| write.sent > from).count();
            if sent > count { Ok(()) } else { Err(format!("{sent} writes")) }
        })
        .expect("they are sent");
    }

    /// Ends them, and returns what came of their writes.
    ///
    /// # Panics
    ///
    /// Panics if one of them has.
    #[must_use]
    pub fn stop(mut self) -> Writes {
        self.shared.is_over.store(true, Ordering::SeqCst);
        for client in self.clients.drain(..) {
            client.join().expect("a writer has not panicked");
        }
        let mut writes = self.shared.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writes = std::mem::take(&mut *writes);
        writes.sort_by_key(|write| write.due);
        Writes(writes)
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        // Where a test fails, they end by themselves.
        self.shared.is_over.store(true, Ordering::SeqCst);
    }
}

struct Client {
    api: Api,
    namespace: String,
    due: Duration,
    every: Duration,
    shared: Arc<Shared>,
}

impl Client {
    /// A life of a route after the other: created, patched, applied, replaced, deleted.
    fn run(mut self) {
        static ROUTES: AtomicUsize = AtomicUsize::new(0);
        loop {
            // Of a route whose writer was cut off there may be something left.
            let name = format!("written-{}", ROUTES.fetch_add(1, Ordering::SeqCst));
            let path = route(&self.namespace, &name);
            let mut object =
                mesh_route(&name, &json!([{"group": "", "kind": "Service", "name": "a"}]));
            let kind = "application/json";
            let created = self.write("create", "POST", &routes(&self.namespace), kind, &object);
            if self.shared.is_over.load(Ordering::SeqCst) {
                return;
            }
            // What is not there cannot be changed.
            if created.is_none() {
                continue;
            }
            let patch = json!({"metadata": {"labels": {"a": "b"}}});
            self.write("patch", "PATCH", &path, "application/merge-patch+json", &patch);
            object["spec"]["hostnames"] = json!(["a.example"]);
            let apply = format!("{path}?fieldManager=writer&force=true");
            let applied =
                self.write("apply", "PATCH", &apply, "application/apply-patch+yaml", &object);
            if let Some(mut stored) = applied {
                stored["spec"]["rules"][0]["backendRefs"][0]["weight"] = json!(80);
                self.write("replace", "PUT", &path, kind, &stored);
            }
            // Nobody is asked about this one.
            let _ = self.api.ask("DELETE", &path, kind, b"");
        }
    }

    /// Waits until a write is due, makes it, keeps what came of it, and returns what is stored.
    fn write(
        &mut self,
        what: &'static str,
        method: &str,
        path: &str,
        kind: &str,
        body: &Value,
    ) -> Option<Value> {
        if self.shared.is_over.load(Ordering::SeqCst) {
            return None;
        }
        let now = self.shared.start.elapsed();
        wait::pass(self.due.saturating_sub(now));
        let sent = self.shared.start.elapsed();
        let answer = self.api.ask(method, path, kind, body.to_string().as_bytes());
        let answered = self.shared.start.elapsed();
        let (status, stored, text) = match answer {
            Ok(answer) if answer.status < 300 => {
                (answer.status, Some(answer.json()), String::new())
            }
            Ok(answer) => (answer.status, None, answer.message()),
            Err(err) => (0, None, err.to_string()),
        };
        let write = Write { due: self.due, sent, answered, what, status, text };
        self.shared.writes.lock().unwrap_or_else(PoisonError::into_inner).push(write);
        self.due += self.every;
        stored
    }
}

impl Write {
    /// From when it was due until its answer: who waits for a slow one before it waits too.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.answered.saturating_sub(self.due)
    }

    /// Whether it was done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Writes {
    /// Those that were not done.
    #[must_use]
    pub fn failed(&self) -> Vec<&Write> {
        self.0.iter().filter(|write| !write.is_done()).collect()
    }

    /// That there were some, and that all were done.
    ///
    /// # Panics
    ///
    /// Panics with the first that was not.
    #[track_caller]
    pub fn all_done(&self, least: usize) {
        let failed = self.failed();
        assert!(failed.is_empty(), "{self}; {:#?}", failed.iter().take(3).collect::<Vec<_>>());
        assert!(self.0.len() >= least, "{self}");
    }
}

/// `1024 writes in 5.1 s, 0 failed; 50 % within 3 ms, 99 % within 41 ms, all within 230 ms`.
impl fmt::Display for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times: Vec<_> = self.0.iter().map(Write::took).collect();
        times.sort();
        let within = |percent: usize| {
            let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(index).map_or(0, Duration::as_millis)
        };
        let last = self.0.iter().map(|write| write.answered).max().unwrap_or_default();
        write!(
            f,
            "{} writes in {:.1} s, {} failed; 50 % within {} ms, 99 % within {} ms, all within {} ms",
            self.0.len(),
            last.as_secs_f64(),
            self.failed().len(),
            within(50),
            within(99),
            within(100),
        )
    }
}
