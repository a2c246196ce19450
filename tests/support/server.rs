//! A small HTTP server on loopback that keeps what it was asked.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server; it lasts as long as the process.
pub struct Server {
    /// Its port on loopback.
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Its first line.
    pub line: String,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Whether the client has shown a certificate.
    pub has_certificate: bool,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How many bytes of the body are sent before nothing more happens.
    pub cut: Option<usize>,
    /// Whether the connection stays open after a cut.
    pub is_silent: bool,
}

impl Answer {
    /// A success with this body.
    #[must_use]
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), cut: None, is_silent: false }
    }

    /// That there is nothing: no groups of kinds, and no objects of those that every server has.
    #[must_use]
    pub fn nothing() -> Self {
        Self::new(r#"{"groups": [], "metadata": {"resourceVersion": "1"}, "items": []}"#)
    }

    /// Another status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// A further header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Asked {
    /// The path, with the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// The values of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(other, _)| other == name);
        headers.map(|(_, value)| value.as_str()).collect()
    }

    /// Reads the head of a request; none when nobody asks any more.
    ///
    /// # Errors
    ///
    /// Returns what the connection says.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut asked = Self::default();
        if from.read_line(&mut asked.line)? == 0 {
            return Ok(None);
        }
        loop {
            let mut line = String::new();
            from.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            asked.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        asked.line = asked.line.trim_end().to_owned();
        Ok(Some(asked))
    }
}

impl Server {
    /// Starts a server that answers each request by itself.
    #[must_use]
    pub fn start(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let answer = Arc::new(answer);
        let port = listen(move |stream| {
            let mut has_certificate = false;
            let serve = |asked: &Asked| {
                log.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
                answer(asked)
            };
            match &tls {
                None => talk(stream, &serve, false),
                Some(config) => {
                    let tls =
                        ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
                    let mut stream = StreamOwned::new(tls, stream);
                    while stream.conn.is_handshaking() {
                        stream.conn.complete_io(&mut stream.sock)?;
                    }
                    has_certificate |= stream.conn.peer_certificates().is_some();
                    talk(stream, &serve, has_certificate)
                }
            }
        });
        Self { port, asked }
    }

    /// What was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first request of each command: which kinds there are.
    #[must_use]
    pub fn firsts(&self) -> Vec<Asked> {
        let mut asked = self.asked();
        asked.retain(|asked| asked.line.ends_with("/apis HTTP/1.1"));
        asked
    }
}

/// Serves every connection in a thread of its own, and returns the port.
pub fn listen(serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback is there");
    let port = listener.local_addr().expect("it is bound").port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            // A client that goes away, or that TLS refuses, is a part of some tests.
            thread::spawn(move || drop(serve(stream)));
        }
    });
    port
}

fn talk<S: Read + Write>(
    stream: S,
    serve: &dyn Fn(&Asked) -> Answer,
    has_certificate: bool,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = Asked::read(&mut stream)? {
        let answer = serve(&Asked { has_certificate, ..asked });
        let mut head = format!("HTTP/1.1 {} x\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", answer.body.len()));
        let body = &answer.body[..answer.cut.unwrap_or(answer.body.len())];
        let stream = stream.get_mut();
        if answer.cut != Some(0) {
            stream.write_all(head.as_bytes())?;
            stream.write_all(body)?;
            stream.flush()?;
        }
        if answer.cut.is_some() {
            // Longer than any client of a test waits.
            thread::sleep(Duration::from_secs(if answer.is_silent { 60 } else { 0 }));
            return Ok(());
        }
    }
    Ok(())
}
