//! Clients that a test has in its hands, byte by byte.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, ConfigBuilder, HandshakeKind, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
    client::WantsClientCert,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};

use crate::program::LIMIT;

/// The settings of a client that trusts these authorities, in PEM.
pub(crate) fn trusting(authorities: &str, protocol: &str) -> Arc<ClientConfig> {
    trusting_with(authorities, protocol, None)
}

/// The same, with a certificate that it shows.
pub(crate) fn trusting_with(
    authorities: &str,
    protocol: &str,
    shown: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
) -> Arc<ClientConfig> {
    let config = client(authorities, rustls::DEFAULT_VERSIONS);
    let mut config = match shown {
        Some((chain, key)) => config.with_client_auth_cert(chain, key).expect("they go together"),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    Arc::new(config)
}

/// The settings of a client that speaks these versions.
pub(crate) fn speaking(
    authorities: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    Arc::new(client(authorities, versions).with_no_client_auth())
}

fn client(
    authorities: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        roots.add(authority.expect("PEM")).expect("an authority");
    }
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions of TLS")
        .with_root_certificates(roots)
}

/// A client of HTTP/1.1 over TLS.
pub(crate) struct Client(BufReader<StreamOwned<ClientConnection, TcpStream>>);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Whether a header is there, both in small letters.
    pub(crate) fn has(&self, header: &str) -> bool {
        self.head.to_lowercase().lines().any(|line| line == header)
    }
}

impl Client {
    /// Connects; the handshake is made with the first bytes.
    pub(crate) fn new(address: &str, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        Ok(Self(BufReader::new(StreamOwned::new(tls, stream))))
    }

    /// Connects, and finishes the handshake.
    pub(crate) fn shaken(address: &str, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let mut client = Self::new(address, config)?;
        let stream = client.0.get_mut();
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(client)
    }

    /// The certificate that the server has shown.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        let shown = self.0.get_ref().conn.peer_certificates().unwrap_or_default();
        shown.first().map(|it| it.to_vec()).unwrap_or_default()
    }

    /// Whether the handshake went on with an earlier session.
    pub(crate) fn is_resumed(&self) -> bool {
        self.0.get_ref().conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)?;
        self.0.get_mut().flush()
    }

    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> io::Result<Answer> {
        self.send(&request(path, "application/json", body))?;
        self.answer()
    }

    /// Says that nothing more comes, and reads what is answered.
    ///
    /// Who waits for the rest of a request learns that there is none; who has it all may be done with it by then.
    pub(crate) fn answer_of_no_more(&mut self) -> io::Result<Answer> {
        self.0.get_ref().sock.set_read_timeout(Some(Duration::from_millis(50)))?;
        let first = self.0.fill_buf().map(<[u8]>::len);
        self.0.get_ref().sock.set_read_timeout(Some(LIMIT))?;
        if first.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            self.leave();
        }
        self.answer()
    }

    /// Says that nothing more comes.
    pub(crate) fn leave(&mut self) {
        let stream = self.0.get_mut();
        stream.conn.send_close_notify();
        // The server may have gone before.
        let _ = stream.flush();
    }

    /// Reads until these words have come; false where the end comes first.
    pub(crate) fn until(&mut self, words: &str) -> bool {
        let mut read = Vec::new();
        while let Ok(bytes) = self.0.fill_buf()
            && !bytes.is_empty()
        {
            read.extend_from_slice(bytes);
            let length = bytes.len();
            self.0.consume(length);
            if String::from_utf8_lossy(&read).contains(words) {
                return true;
            }
        }
        false
    }

    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let word = head.split(' ').nth(1).unwrap_or_default();
        let status = word.parse().map_err(io::Error::other)?;
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, head, body: String::from_utf8(body).map_err(io::Error::other)? })
    }

    /// Reads until the server closes.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            // A server that cuts a connection says nothing any more, in TLS either.
            Err(error) if is_cut(&error) => Ok(rest),
            result => result.map(|_| rest),
        }
    }
}

/// Whether the other side has gone, politely or not.
pub(crate) fn is_cut(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
    )
}

/// A request in bytes.
pub(crate) fn request(path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
