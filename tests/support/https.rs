//! A client of HTTP/1.1 over TLS, one connection at a time, whose end the test sees.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::Value;

/// Longer than an API server takes for anything; only a hang meets it.
const PATIENCE: Duration = Duration::from_secs(65);

/// Where a client connects to, and as whom.
#[derive(Clone)]
pub struct Target {
    address: String,
    name: String,
    config: Arc<ClientConfig>,
    token: Option<String>,
}

/// An open connection.
pub struct Connection {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    head: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Target {
    /// A server at an address, which has to show a certificate for this name, signed by one of these authorities in PEM.
    ///
    /// # Panics
    ///
    /// Panics if the authorities are none.
    #[must_use]
    pub fn new(address: &str, name: &str, authorities: &str) -> Self {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
            roots.add(authority.expect("PEM")).expect("an authority");
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        Self { address: address.to_owned(), name: name.to_owned(), config, token: None }
    }

    /// With a bearer's token.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// Connects, and finishes the handshake.
    ///
    /// # Errors
    ///
    /// Returns what the system or TLS says.
    pub fn connect(&self) -> io::Result<Connection> {
        let (stream, tls) = self.shake()?;
        let stream = StreamOwned::new(tls, stream);
        let mut head = format!("host: {}\r\n", self.name);
        if let Some(token) = &self.token {
            head.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        Ok(Connection { stream: BufReader::new(stream), head })
    }

    /// Connects, and says nothing.
    pub(crate) fn reach(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Connects, finishes the handshake, and says nothing more.
    pub(crate) fn shake(&self) -> io::Result<(TcpStream, ClientConnection)> {
        let mut stream = self.reach()?;
        let name = ServerName::try_from(self.name.clone()).map_err(io::Error::other)?;
        let mut tls =
            ClientConnection::new(Arc::clone(&self.config), name).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut stream)?;
        }
        Ok((stream, tls))
    }
}

impl Connection {
    /// Sends a request, and reads its answer.
    ///
    /// # Errors
    ///
    /// Returns what the connection says, also that it has ended.
    pub fn ask(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> io::Result<Answer> {
        let Self { stream, head } = self;
        let length = body.len();
        let mut bytes = format!(
            "{method} {path} HTTP/1.1\r\n{head}content-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        stream.get_mut().write_all(&bytes)?;
        stream.get_mut().flush()?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let line = self.line()?;
        let word = line.split(' ').nth(1).unwrap_or_default();
        let status = word.parse().map_err(io::Error::other)?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        if answer.header("transfer-encoding").contains(&"chunked") {
            loop {
                let length = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
                self.read(length, &mut answer.body)?;
                self.line()?;
                if length == 0 {
                    return Ok(answer);
                }
            }
        }
        let length = answer.header("content-length").first().and_then(|text| text.parse().ok());
        self.read(length.unwrap_or(0), &mut answer.body)?;
        Ok(answer)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }

    fn read(&mut self, length: usize, into: &mut Vec<u8>) -> io::Result<()> {
        let start = into.len();
        into.resize(start + length, 0);
        self.stream.read_exact(&mut into[start..])
    }
}

impl Answer {
    /// The values of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(other, _)| other == name);
        headers.map(|(_, value)| value.as_str()).collect()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// What an API server says, or the body where it is no API server.
    #[must_use]
    pub fn message(&self) -> String {
        let json = self.json();
        json["message"].as_str().map_or_else(|| self.text(), str::to_owned)
    }

    /// The answer, if it is a success.
    ///
    /// # Panics
    ///
    /// Panics if it is not.
    #[must_use]
    #[track_caller]
    pub fn success(self) -> Self {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text());
        self
    }
}
