//! Clients that take their time, or all of it: connections that do not end by themselves.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustls::ClientConnection;

use crate::{https::Target, wait};

/// How often a client says something.
const TICK: Duration = Duration::from_millis(200);

/// How many threads have them.
const THREADS: usize = 8;

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// It connects.
    Silent,
    /// It finishes the handshake, as API servers do with connections that they may need later: these are let be.
    Shaken,
    /// It sends the head of a request, a byte at a time.
    Head,
    /// It sends the body of a request, a byte at a time.
    Body,
    /// It sends whole requests, and reads no answer.
    Unread,
}

impl Manner {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Silent, Self::Shaken, Self::Head, Self::Body, Self::Unread];
}

/// What became of a connection.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// What its client did.
    pub manner: Manner,
    /// How long it was open, or nobody took what it sends; none where it was open at the end.
    pub open: Option<Duration>,
    /// Whether its client could do what it does.
    pub is_begun: bool,
}

/// Has so many clients of each manner connect, as fast as they can, and waits until the server has ended them all but
/// those that it lets be, or this time is over.
///
/// `request` is what those send who read no answer.
#[must_use]
pub fn attack(
    target: &Target,
    counts: &[(Manner, usize)],
    request: &[u8],
    limit: Duration,
) -> Vec<End> {
    // In turn, so that all manners are there at once.
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let of_round = |round| counts.iter().filter(move |(_, count)| round < *count);
    let manners: Vec<Manner> = (0..most).flat_map(of_round).map(|(manner, _)| *manner).collect();
    let (next, ends) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let until = Instant::now() + limit;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut open = Vec::new();
                let mut looked = Instant::now();
                while Instant::now() < until {
                    let manner = manners.get(next.fetch_add(1, Ordering::SeqCst)).copied();
                    if let Some(manner) = manner {
                        open.push(Client::open(target, manner));
                    }
                    if manner.is_none() || looked.elapsed() >= TICK {
                        open.iter_mut().for_each(|client| client.go_on(request));
                        looked = Instant::now();
                    }
                    if manner.is_none() {
                        let is_over = |client: &Client| {
                            client.ended.is_some() || client.manner == Manner::Shaken
                        };
                        if open.iter().all(is_over) {
                            break;
                        }
                        wait::pass(TICK);
                    }
                }
                let mut ends = ends.lock().unwrap_or_else(PoisonError::into_inner);
                ends.extend(open.iter().map(Client::end));
            });
        }
    });
    ends.into_inner().unwrap_or_else(PoisonError::into_inner)
}

struct Client {
    manner: Manner,
    stream: Option<TcpStream>,
    tls: Option<ClientConnection>,
    began: Instant,
    ended: Option<Instant>,
    sent: usize,
}

impl Client {
    fn open(target: &Target, manner: Manner) -> Self {
        let began = Instant::now();
        let opened = match manner {
            Manner::Silent => target.reach().map(|stream| (stream, None)),
            _ => target.shake().map(|(stream, tls)| (stream, Some(tls))),
        };
        let mut client =
            Self { manner, stream: None, tls: None, began, ended: Some(Instant::now()), sent: 0 };
        // Who finds no place has ended already.
        if let Ok((stream, tls)) = opened
            && stream.set_nonblocking(true).is_ok()
        {
            (client.stream, client.tls, client.ended) = (Some(stream), tls, None);
        }
        client
    }

    fn go_on(&mut self, request: &[u8]) {
        if self.ended.is_none() && (self.say(request).is_err() || self.is_closed()) {
            self.ended = Some(Instant::now());
            self.stream = None;
        }
    }

    fn say(&mut self, request: &[u8]) -> io::Result<()> {
        let (Some(stream), Some(tls)) = (&mut self.stream, &mut self.tls) else { return Ok(()) };
        let head =
            b"POST /validate?timeout=30s HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
        match self.manner {
            Manner::Silent | Manner::Shaken => return Ok(()),
            Manner::Head => {
                // It never gets to its end.
                let byte = head.get(self.sent).copied().unwrap_or(b'a');
                tls.writer().write_all(&[byte])?;
            }
            Manner::Body if self.sent == 0 => {
                tls.writer().write_all(head)?;
                tls.writer().write_all(b"content-length: 100000\r\n\r\n{")?;
            }
            Manner::Body => tls.writer().write_all(b" ")?,
            // What was sent before may be on its way still.
            Manner::Unread if tls.wants_write() => {}
            Manner::Unread => (0..32).try_for_each(|_| tls.writer().write_all(request))?,
        }
        self.sent += 1;
        while tls.wants_write() {
            match tls.write_tls(stream) {
                // It is no slow client as long as it is answered.
                Ok(_) if self.manner == Manner::Unread => self.began = Instant::now(),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the other side has closed it; what it says is thrown away.
    fn is_closed(&mut self) -> bool {
        let Some(stream) = &mut self.stream else { return true };
        if self.manner == Manner::Unread {
            return stream.take_error().is_ok_and(|error| error.is_some());
        }
        let mut space = [0; 4096];
        loop {
            match stream.read(&mut space) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
            }
        }
    }

    fn end(&self) -> End {
        End {
            manner: self.manner,
            open: self.ended.map(|ended| ended - self.began),
            is_begun: self.manner == Manner::Silent || self.tls.is_some(),
        }
    }
}
