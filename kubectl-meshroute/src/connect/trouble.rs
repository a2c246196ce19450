//! What can go wrong on the way to an API server, told so that a user can do something about it.

use std::{error::Error, fmt, io};

use http::StatusCode;
use rustls::CertificateError;
use serde::Deserialize;

use super::Reply;
use crate::exit::Failure;

/// Why a request has no good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No answer, or only a part of one, has come: the network, a proxy, or the server is down.
    /// Another try may help.
    Unreachable(String),
    /// No answer has come in time. Another try may help.
    TooSlow(String),
    /// Whoever answers there cannot prove to be the server, or does not speak TLS.
    Untrusted(String),
    /// Our credentials cannot be had, or not be used.
    Credentials(String),
    /// The server has answered that it will not.
    Answered {
        /// The status.
        status: StatusCode,
        /// Its reason as a word of Kubernetes such as `NotFound`; empty where it gives none.
        reason: String,
        /// What is wrong.
        message: String,
    },
    /// The server has answered something that no API server answers.
    Rubbish(String),
}

/// The names for messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// The URL of the server.
    pub(super) server: String,
    /// The proxy on the way.
    pub(super) proxy: Option<String>,
    /// Who told us of the server.
    pub(super) origin: String,
    /// Where our credentials are from.
    pub(super) login: String,
}

impl Trouble {
    /// What is wrong, and the way out.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Unreachable(message)
            | Self::TooSlow(message)
            | Self::Untrusted(message)
            | Self::Credentials(message)
            | Self::Answered { message, .. }
            | Self::Rubbish(message) => message,
        }
    }

    /// The trouble that a client of kube has met: our own, if it is one.
    pub(super) fn of(error: kube::Error, names: &Names) -> Self {
        match error {
            kube::Error::Service(error) => match error.downcast::<Self>() {
                Ok(trouble) => *trouble,
                Err(error) => on_the_way(error.as_ref(), names),
            },
            error => on_the_way(&error, names),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl Error for Trouble {}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::no(trouble.message())
    }
}

/// The trouble behind an error of the HTTP client.
pub(super) fn on_the_way(error: &(dyn Error + 'static), names: &Names) -> Trouble {
    let Names { server, proxy, origin, .. } = names;
    let way_out = format!("is it running, and is its address in {origin} right?");
    let chain = chain(error);
    let root = chain.last().map(ToString::to_string).unwrap_or_default();
    for link in &chain {
        if let Some(trouble) = link.downcast_ref::<Trouble>() {
            return trouble.clone();
        }
        if let Some(error) = link.downcast_ref::<rustls::Error>() {
            return in_tls(error, names);
        }
        if link.is::<tower::timeout::error::Elapsed>() {
            return Trouble::TooSlow(format!("no connection to {server} in time; {way_out}"));
        }
        let text = link.to_string();
        if text == "dns error" {
            let whose = match proxy {
                Some(proxy) => format!("the proxy {proxy}"),
                None => server.clone(),
            };
            return Trouble::Unreachable(format!(
                "the host of {whose} cannot be looked up: {root}; {way_out}"
            ));
        }
        if let Some(proxy) = proxy {
            if text.ends_with("proxy authorization required") {
                return Trouble::Credentials(format!(
                    "the proxy {proxy} asks who you are (407): put a user and a password into its URL, http://USER:PASSWORD@HOST:PORT"
                ));
            }
            if text.starts_with("tunnel error: unsuccessful") || text.starts_with("SOCKS error") {
                return Trouble::Unreachable(format!(
                    "the proxy {proxy} opens no way to {server} ({root}); if none is needed, name the host in NO_PROXY"
                ));
            }
        }
        let is_cut = |error: &hyper::Error| error.is_incomplete_message();
        let kind = match link.downcast_ref::<io::Error>() {
            Some(error) => error.kind(),
            None if link.downcast_ref().is_some_and(is_cut) => io::ErrorKind::UnexpectedEof,
            None => continue,
        };
        let what = match (kind, proxy) {
            (io::ErrorKind::ConnectionRefused, Some(proxy)) => {
                format!("the proxy {proxy} refuses the connection; is it running?")
            }
            (io::ErrorKind::ConnectionRefused, None) => {
                format!("{server} refuses the connection; {way_out}")
            }
            (io::ErrorKind::UnexpectedEof, _) if root.contains("handshake") => {
                format!(
                    "{server} hangs up before TLS is set up: does it speak TLS, and is its address in {origin} right?"
                )
            }
            (
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof,
                _,
            ) => format!("{server} hangs up without a whole answer; {way_out}"),
            (io::ErrorKind::TimedOut, _) => {
                return Trouble::TooSlow(format!("{server} does not answer; {way_out}"));
            }
            _ => continue,
        };
        return Trouble::Unreachable(what);
    }
    Trouble::Unreachable(format!("cannot reach {server}: {root}; {way_out}"))
}

/// An error and its causes. One that is wrapped in an `io::Error` is a link of its own: its
/// `source` would pass it over.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        chain.push(error);
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    chain
}

/// The trouble behind an error of TLS.
fn in_tls(error: &rustls::Error, names: &Names) -> Trouble {
    let Names { server, proxy, origin, login } = names;
    // A proxy that speaks TLS is the first to show a certificate.
    let server = &match proxy.as_deref().filter(|proxy| proxy.starts_with("https://")) {
        Some(proxy) => format!("{server} or the proxy {proxy}"),
        None => server.clone(),
    };
    let untrusted = |why: String| Trouble::Untrusted(format!("cannot trust {server}: {why}"));
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => untrusted(
                "its certificate is from an authority that is not known; name the authority's certificate with --certificate-authority, or in the kubeconfig".into(),
            ),
            CertificateError::BadSignature => untrusted(format!(
                "its certificate was not signed by the authority in {origin}, only by one of the same name; the cluster may have been made anew"
            )),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                untrusted("its certificate has expired, or this machine's clock is wrong".into())
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                untrusted(
                    "its certificate is not valid yet, or this machine's clock is wrong".into(),
                )
            }
            CertificateError::NotValidForName => untrusted(
                "its certificate is for another name; --tls-server-name says which to expect"
                    .into(),
            ),
            CertificateError::NotValidForNameContext { expected, presented } => untrusted(format!(
                "its certificate is for {}, not for {}; if that is the same server, say so with --tls-server-name",
                presented.iter().map(|name| plain_name(name)).collect::<Vec<_>>().join(", "),
                expected.to_str()
            )),
            other => untrusted(format!("its certificate cannot be used: {other}")),
        },
        rustls::Error::AlertReceived(alert) => Trouble::Credentials(format!(
            "{server} breaks TLS off ({alert:?}): it may ask for another client certificate than that of {login}"
        )),
        rustls::Error::InvalidMessage(_) => Trouble::Untrusted(format!(
            "{server} does not speak TLS; if it is a plain server, its address in {origin} begins with http://"
        )),
        other => Trouble::Untrusted(format!("no TLS connection to {server}: {other}")),
    }
}

/// What rustls prints as `DnsName("a")` or `IpAddress(1.2.3.4)`.
fn plain_name(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

/// What an API server says with a status that is no success.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    kind: String,
    message: String,
    reason: String,
}

/// The trouble that a status other than success means.
pub(super) fn answered(reply: &Reply, names: &Names) -> Trouble {
    let Names { server, login, proxy, .. } = names;
    let code = reply.status;
    let status = serde_json::from_slice::<Status>(&reply.body).ok();
    let status = status.filter(|status| status.kind == "Status").unwrap_or_default();
    let from = match proxy {
        Some(proxy) => format!("{server} (through the proxy {proxy})"),
        None => server.clone(),
    };
    let said = one_line(&status.message);
    let message = match code {
        StatusCode::UNAUTHORIZED => format!(
            "{from} does not accept {login} (401): log in anew, or name another user with --context, --user or --token"
        ),
        _ if !said.is_empty() => format!("{from} answers {}: {said}", code.as_u16()),
        _ if code.is_redirection() => format!(
            "{from} answers {code} and points to {}: it is no API server; name the right address with --server",
            reply.location.as_deref().unwrap_or("nowhere")
        ),
        _ => match excerpt(reply) {
            Some(text) => format!("{from} answers {code}: {text}"),
            None => format!(
                "{from} answers {code} without a word of Kubernetes: a proxy or login page may stand in between"
            ),
        },
    };
    Trouble::Answered { status: code, reason: status.reason, message }
}

/// The trouble that a body other than JSON means.
pub(super) fn rubbish(reply: &Reply, error: &serde_json::Error, names: &Names) -> Trouble {
    let Names { server, .. } = names;
    Trouble::Rubbish(if is_page(&reply.body) {
        format!(
            "{server} answers with a web page, as a proxy or login page does; is it the address of an API server?"
        )
    } else {
        format!(
            "{server} answers with what is no JSON of Kubernetes: {error}; is it the address of an API server?"
        )
    })
}

/// A short text that may explain a status; pages for a browser do not.
fn excerpt(reply: &Reply) -> Option<String> {
    let text = str::from_utf8(&reply.body).ok().filter(|_| !is_page(&reply.body))?;
    let text = one_line(text);
    let short: String = text.chars().take(200).collect();
    (!short.is_empty() && !short.starts_with('{')).then_some(short)
}

fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// A text of somebody else, safe to print in a line.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
