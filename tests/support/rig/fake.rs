//! A webhook that answers as a test says, and keeps what the API server sends.

use std::{
    io::{self, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::{Replica, Rig, replica::PORT};
use crate::{https::Target, server, wait};

/// The webhook; it lasts as long as the process.
pub struct Fake {
    /// Where it is.
    pub address: Ipv4Addr,
    asked: Arc<Mutex<Vec<Exchange>>>,
}

/// What the API server has sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which connection it came through, from 0 on.
    pub connection: usize,
    /// The name that the client has asked TLS for.
    pub name: String,
    /// The protocol that TLS has agreed on.
    pub protocol: String,
    /// The head.
    pub head: server::Asked,
    /// The body; empty where the protocol is not HTTP/1.1.
    pub body: Vec<u8>,
}

impl Asked {
    /// The request in the AdmissionReview that was sent.
    #[must_use]
    pub fn request(&self) -> Value {
        let review: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        review["request"].clone()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// How long it takes.
    pub delay: Duration,
    /// The status, further headers, and the body; none ends the connection.
    pub answer: Option<(u16, &'static str, String)>,
}

/// A request of the API server, and what was answered, if anything was.
pub type Exchange = (Asked, Option<(u16, &'static str, String)>);

impl Reply {
    /// A response to a review: allowed, and more of it.
    #[must_use]
    pub fn review(asked: &Asked, mut response: Value) -> Self {
        response["uid"] = asked.request()["uid"].clone();
        let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "response": response});
        Self::new(200, "content-type: application/json\r\n", &review.to_string())
    }

    /// Nothing speaks against it.
    #[must_use]
    pub fn allow(asked: &Asked) -> Self {
        Self::review(asked, json!({"allowed": true}))
    }

    /// Another status.
    #[must_use]
    pub fn new(status: u16, headers: &'static str, body: &str) -> Self {
        Self { delay: Duration::ZERO, answer: Some((status, headers, body.to_owned())) }
    }

    /// The end of the connection.
    #[must_use]
    pub fn cut() -> Self {
        Self { delay: Duration::ZERO, answer: None }
    }
}

impl Fake {
    /// Starts one with an address of its own.
    ///
    /// # Panics
    ///
    /// Panics if the address cannot be had.
    pub fn start(rig: &Rig<'_>, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::at(rig, super::address(), answer)
    }

    /// Starts one at this address.
    ///
    /// # Panics
    ///
    /// Panics if the address cannot be had.
    pub fn at(
        rig: &Rig<'_>,
        address: Ipv4Addr,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let names = [rig.host(), address.to_string()];
        let signed = rig.authority.sign(&[&names[0], &names[1]], 2100);
        let mut config = ServerConfig::clone(&rig.authority.server(&signed));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let config = Arc::new(config);
        let listener = TcpListener::bind((address, PORT)).expect("the network is our own");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let answer = Arc::new(answer);
        let count = AtomicUsize::new(0);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, log, answer) = (config.clone(), log.clone(), answer.clone());
                let number = count.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || drop(serve(stream, config, number, &log, &*answer)));
            }
        });
        Self { address, asked }
    }

    /// Starts one that asks this replica, and passes on its answers.
    ///
    /// # Panics
    ///
    /// Panics if the address cannot be had.
    pub fn before(rig: &Rig<'_>, replica: &Replica) -> Self {
        let target = Target::new(&replica.listen(), &rig.host(), &rig.authority.pem());
        Self::start(rig, move |asked| {
            let answer = target.connect().and_then(|mut connection| {
                connection.ask("POST", asked.head.path(), "application/json", &asked.body)
            });
            match answer {
                Ok(answer) => {
                    Reply::new(answer.status, "content-type: application/json\r\n", &answer.text())
                }
                Err(_) => Reply::cut(),
            }
        })
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.exchanges().into_iter().map(|(asked, _)| asked).collect()
    }

    /// What it was asked so far, and what it has answered.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it was asked something, and returns that.
    ///
    /// # Panics
    ///
    /// Panics if that does not happen.
    #[must_use]
    pub fn until_asked(&self, what: impl Fn(&Asked) -> bool) -> Asked {
        let find = || self.asked().into_iter().find(&what).ok_or_else(|| "not asked".to_owned());
        wait::until(super::PATIENCE, find).expect("it is asked")
    }
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    connection: usize,
    log: &Mutex<Vec<Exchange>>,
    answer: &dyn Fn(&Asked) -> Reply,
) -> io::Result<()> {
    let tls = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(tls, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    let name = stream.conn.server_name().unwrap_or_default().to_owned();
    let protocol = String::from_utf8_lossy(stream.conn.alpn_protocol().unwrap_or_default());
    let protocol = protocol.into_owned();
    let keep = |asked: &Asked, reply: &Reply| {
        let exchange = (asked.clone(), reply.answer.clone());
        log.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    };
    let of = |head, body| {
        let (name, protocol) = (name.clone(), protocol.clone());
        Asked { connection, name, protocol, head, body }
    };
    if protocol == "h2" {
        keep(&of(server::Asked::default(), Vec::new()), &Reply::cut());
        return Ok(());
    }
    let mut stream = BufReader::new(stream);
    while let Some(head) = server::Asked::read(&mut stream)? {
        let length = head.header("content-length").first().and_then(|text| text.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        let asked = of(head, body);
        let reply = answer(&asked);
        keep(&asked, &reply);
        let Reply { delay, answer } = reply;
        wait::pass(delay);
        let Some((status, headers, body)) = answer else { return Ok(()) };
        let head =
            format!("HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\n\r\n", body.len());
        stream.get_mut().write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
        stream.get_mut().flush()?;
        if headers.contains("connection: close") {
            return Ok(());
        }
    }
    Ok(())
}
