//! A load of reviews over HTTPS: as many as can be had, or so many a second whatever the answers take.

use std::{
    fs, io,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use crate::https::{Connection, Target};

/// How long whoever is turned away waits.
const RETRY: Duration = Duration::from_secs(1);

/// A webhook under load.
pub struct Candidate {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub target: Target,
    /// The path of its reviews.
    pub path: String,
    /// Its process.
    pub pid: u32,
}

/// What came of a load.
#[derive(Debug, Default)]
pub struct Seen {
    /// How long it took.
    pub took: Duration,
    /// How long each answer took with the status 200, sorted; at a given rate, from when it was to be asked for.
    pub times: Vec<Duration>,
    /// How long it took to be turned away, sorted; from when it was asked.
    pub turned_away: Vec<Duration>,
    /// Requests without an answer, and answers of another status.
    pub lost: usize,
}

impl Seen {
    /// How many answers with the status 200 there were a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        to_f64(self.times.len()) / self.took.as_secs_f64()
    }

    /// The time that so many of a thousand answers did not exceed.
    #[must_use]
    pub fn at(&self, per_mille: usize) -> Duration {
        at(&self.times, per_mille)
    }

    /// The time within which so many of a thousand that were turned away knew it.
    #[must_use]
    pub fn turned_away_at(&self, per_mille: usize) -> Duration {
        at(&self.turned_away, per_mille)
    }

    /// Takes in what came of another round.
    pub fn join(&mut self, other: Self) {
        let took = self.took + other.took;
        self.add(other);
        *self = std::mem::take(self).sorted(took);
    }

    fn sorted(mut self, took: Duration) -> Self {
        self.took = took;
        self.times.sort_unstable();
        self.turned_away.sort_unstable();
        self
    }

    fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.turned_away.extend(other.turned_away);
        self.lost += other.lost;
    }
}

fn at(times: &[Duration], per_mille: usize) -> Duration {
    let last = times.len().saturating_sub(1);
    times.get((times.len() * per_mille / 1000).min(last)).copied().unwrap_or_default()
}

impl Candidate {
    /// Asks over so many connections, each as soon as it has its answer.
    ///
    /// # Panics
    ///
    /// Panics if nobody listens.
    #[must_use]
    pub fn flood(&self, bodies: &[String], connections: usize, time: Duration) -> Seen {
        let start = Instant::now();
        let seen = self.with_each(connections, |place| {
            let mut line = Line::new(self);
            let mut seen = Seen::default();
            for body in bodies.iter().cycle().skip(place) {
                let asked = Instant::now();
                if asked - start > time {
                    break;
                }
                line.ask(body, asked, &mut seen);
            }
            seen
        });
        seen.sorted(start.elapsed())
    }

    /// Asks so many times a second, over so many connections. When a request is due is settled beforehand: one that
    /// waits for others is late, and its time says so.
    ///
    /// # Panics
    ///
    /// Panics if nobody listens.
    #[must_use]
    pub fn steady(&self, bodies: &[String], connections: usize, rate: f64, time: Duration) -> Seen {
        let start = Instant::now() + Duration::from_millis(50);
        let seen = self.with_each(connections, |place| {
            let mut line = Line::new(self);
            let mut seen = Seen::default();
            for (round, body) in bodies.iter().cycle().skip(place).enumerate() {
                let number = to_f64(round * connections + place);
                let due = start + Duration::from_secs_f64(number / rate);
                if due - start > time {
                    break;
                }
                if let Some(left) = due.checked_duration_since(Instant::now()) {
                    thread::sleep(left);
                }
                line.ask(body, due, &mut seen);
            }
            seen
        });
        seen.sorted(start.elapsed())
    }

    /// Asks once over each new connection, over so many at once.
    #[must_use]
    pub fn greet(&self, bodies: &[String], connections: usize, time: Duration) -> Seen {
        let start = Instant::now();
        let seen = self.with_each(connections, |place| {
            let mut seen = Seen::default();
            for body in bodies.iter().cycle().skip(place) {
                let asked = Instant::now();
                if asked - start > time {
                    break;
                }
                Line { candidate: self, connection: None }.ask(body, asked, &mut seen);
            }
            seen
        });
        seen.sorted(start.elapsed())
    }

    fn with_each(&self, connections: usize, work: impl Fn(usize) -> Seen + Sync) -> Seen {
        let all = Mutex::new(Seen::default());
        thread::scope(|scope| {
            for place in 0..connections {
                let (all, work) = (&all, &work);
                scope.spawn(move || {
                    let seen = work(place);
                    all.lock().expect("no other breaks").add(seen);
                });
            }
        });
        all.into_inner().expect("no other breaks")
    }

    /// The processor time that it has taken so far, and the most memory that it held, in KiB.
    ///
    /// # Panics
    ///
    /// Panics if the system does not tell.
    #[must_use]
    pub fn used(&self) -> (Duration, u64) {
        let read = |file: &str| {
            fs::read_to_string(format!("/proc/{}/{file}", self.pid)).expect("the system tells")
        };
        // `proc_pid_stat(5)`: "utime" and "stime" are the 12th and 13th after the name, in ticks of 10 ms.
        let stat = read("stat");
        let (_, fields) = stat.rsplit_once(") ").expect("the name is in brackets");
        let ticks = fields.split(' ').skip(11).take(2).map(|it| it.parse::<u64>().unwrap_or(0));
        let time = Duration::from_millis(ticks.sum::<u64>() * 10);
        let status = read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|it| it.trim().strip_suffix("kB")?.trim().parse().ok());
        (time, peak.expect("every process has a peak"))
    }
}

/// One connection, which is made anew when it has ended.
struct Line<'a> {
    candidate: &'a Candidate,
    connection: Option<Connection>,
}

impl<'a> Line<'a> {
    fn new(candidate: &'a Candidate) -> Self {
        let connection = candidate.target.connect().expect("it listens");
        Self { candidate, connection: Some(connection) }
    }

    /// Asks, and notes what comes of it since then.
    fn ask(&mut self, body: &str, since: Instant, seen: &mut Seen) {
        let asked = Instant::now();
        match self.answer(body) {
            Ok(200) => seen.times.push(since.elapsed()),
            Ok(503) => {
                seen.turned_away.push(asked.elapsed());
                // As it is told to, and as an API server does: it would only have to shake hands again.
                thread::sleep(RETRY);
            }
            Ok(_) | Err(_) => seen.lost += 1,
        }
    }

    fn answer(&mut self, body: &str) -> io::Result<u16> {
        let Candidate { target, path, .. } = self.candidate;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => target.connect()?,
        };
        let answer = connection.ask("POST", path, "application/json", body.as_bytes())?;
        if answer.header("connection") != ["close"] {
            self.connection = Some(connection);
        }
        Ok(answer.status)
    }
}

fn to_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("no load is as long as that"))
}
