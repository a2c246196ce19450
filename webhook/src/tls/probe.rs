//! Asks our own address as a client does, and looks at the certificate that it shows: what is said to be served may not be.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;

use crate::{
    log::{Level, Log},
    metrics::Metrics,
    tls::{Current, Usable},
};

/// How often we ask.
const OFTEN: Duration = Duration::from_secs(10);

/// How soon we ask again without an answer.
const SOON: Duration = Duration::from_secs(1);

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(5);

/// So many times in a row nobody answers before that counts: a machine may be busy.
const MISSES: u32 = 3;

/// What we see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    /// The certificate that is to be served.
    Ours,
    /// Another one.
    Other,
    /// Somebody has closed at once: there are too many connections, and that is no reason to take a replica out.
    Closed,
    /// Nobody answers.
    Nothing,
}

/// Tells whether our address shows the certificate that it should, for as long as the process lives.
pub async fn probe(
    address: SocketAddr,
    mut current: Current,
    is_seen: watch::Sender<bool>,
    metrics: Arc<Metrics>,
    log: Log,
) {
    let mut misses = 0;
    loop {
        let usable = current.borrow_and_update().clone();
        let mut rest = OFTEN;
        if let Some(usable) = usable {
            let sight = timeout(LIMIT, look(address, &usable, &metrics)).await;
            let sight = sight.unwrap_or(Sight::Nothing);
            // It may have changed meanwhile.
            if sight != Sight::Ours && current.has_changed().unwrap_or(false) {
                continue;
            }
            misses = if sight == Sight::Nothing { misses + 1 } else { 0 };
            let was = *is_seen.borrow();
            let is = match sight {
                Sight::Ours => true,
                Sight::Other => false,
                Sight::Closed => was,
                Sight::Nothing => was && misses < MISSES,
            };
            if was && !is {
                let what = if sight == Sight::Other { "another certificate" } else { "nothing" };
                log.line(Level::Error, "own address shows something else", &[("seen", what)]);
            }
            is_seen.send_replace(is);
            if sight != Sight::Ours {
                rest = SOON;
            }
        }
        tokio::select! {
            () = sleep(rest) => {}
            changed = current.changed() => if changed.is_err() {
                return;
            }
        }
    }
}

/// One look at a listener, by the addresses at which it is reached from here.
async fn look(address: SocketAddr, usable: &Usable, metrics: &Metrics) -> Sight {
    let near: Vec<IpAddr> = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => vec![Ipv4Addr::LOCALHOST.into()],
        // Where the system has no loopback of version 6, it still listens to version 4.
        IpAddr::V6(ip) if ip.is_unspecified() => {
            vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]
        }
        ip => vec![ip],
    };
    let mut sight = Sight::Nothing;
    for ip in near {
        sight = ask(SocketAddr::new(ip, address.port()), usable, metrics).await;
        if sight != Sight::Nothing {
            break;
        }
    }
    sight
}

/// Whether the handshake comes to its end does not matter: we may have no certificate that a client has to have.
async fn ask(address: SocketAddr, usable: &Usable, metrics: &Metrics) -> Sight {
    let Ok(stream) = connect(address, metrics).await else { return Sight::Nothing };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let eye = Arc::new(Eye {
        provider: Arc::clone(&provider),
        ours: usable.pair.leaf().clone(),
        is_ours: AtomicBool::new(false),
        is_other: AtomicBool::new(false),
    });
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let Ok(config) = config else { return Sight::Nothing };
    let verifier: Arc<dyn ServerCertVerifier> = Arc::<Eye>::clone(&eye);
    let config = config.dangerous().with_custom_certificate_verifier(verifier);
    let config = Arc::new(config.with_no_client_auth());
    let name = ServerName::IpAddress(address.ip().into());
    let shaken = TlsConnector::from(config).connect(name, stream).await;
    drop(shaken);
    if eye.is_ours.load(Ordering::Relaxed) {
        Sight::Ours
    } else if eye.is_other.load(Ordering::Relaxed) {
        Sight::Other
    } else {
        Sight::Closed
    }
}

/// Connects from a port that the other side knows to be ours.
async fn connect(address: SocketAddr, metrics: &Metrics) -> io::Result<TcpStream> {
    let (socket, any) = match address {
        SocketAddr::V4(_) => (TcpSocket::new_v4()?, IpAddr::from(Ipv4Addr::UNSPECIFIED)),
        SocketAddr::V6(_) => (TcpSocket::new_v6()?, IpAddr::from(Ipv6Addr::UNSPECIFIED)),
    };
    socket.bind((any, 0).into())?;
    metrics.probe_port.set(socket.local_addr()?.port().into());
    socket.connect(address).await
}

/// Compares what it is shown, byte by byte.
#[derive(Debug)]
struct Eye {
    provider: Arc<CryptoProvider>,
    ours: CertificateDer<'static>,
    is_ours: AtomicBool,
    is_other: AtomicBool,
}

impl ServerCertVerifier for Eye {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if *end_entity == self.ours {
            Ok(ServerCertVerified::assertion())
        } else {
            self.is_other.store(true, Ordering::Relaxed);
            Err(rustls::CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let valid = verify_tls12_signature(message, cert, signed, algorithms)?;
        self.is_ours.store(true, Ordering::Relaxed);
        Ok(valid)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let valid = verify_tls13_signature(message, cert, signed, algorithms)?;
        self.is_ours.store(true, Ordering::Relaxed);
        Ok(valid)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tokio::{io::AsyncReadExt as _, net::TcpListener};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::{
        log::Format,
        tls::{Look, Signer, Terms, names},
    };

    fn usable() -> Usable {
        let now = SystemTime::now();
        let mut signer = Signer::own(names::names(&[], None), now).expect("an authority");
        let Look::New(pair) = signer.look(now) else { panic!("it signs") };
        Terms::default().apply(pair).expect("it can be served").expect("anybody may ask")
    }

    async fn show(listener: TcpListener, shown: watch::Receiver<Usable>) {
        while let Ok((stream, _)) = listener.accept().await {
            let config = shown.borrow().config();
            if let Ok(mut stream) = TlsAcceptor::from(config).accept(stream).await {
                // Until the other side closes.
                let _ = stream.read_u8().await;
            }
        }
    }

    #[tokio::test]
    async fn what_is_shown_counts() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("an address");
        let (a, b) = (usable(), usable());
        let (show_this, shown) = watch::channel(a.clone());
        let (serve_this, current) = watch::channel(Some(a));
        let showing = tokio::spawn(show(listener, shown));
        let (sees, mut is_seen) = watch::channel(false);
        let log = Log::new(Format::Text, io::sink());
        tokio::spawn(probe(address, current, sees, Arc::default(), log));
        let mut until = async |wanted: bool| {
            let seen = timeout(LIMIT * 4, is_seen.wait_for(|it| *it == wanted)).await;
            seen.expect("in time").expect("it goes on");
        };
        until(true).await;
        // Another one is to be served than is shown.
        serve_this.send_replace(Some(b.clone()));
        until(false).await;
        show_this.send_replace(b);
        until(true).await;
        // Nobody listens any more.
        showing.abort();
        let _ = showing.await;
        serve_this.send_modify(|_| {});
        until(false).await;
    }
}
