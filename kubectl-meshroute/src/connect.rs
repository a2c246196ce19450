//! From the command line and the environment to an open way to an API server.
//!
//! `target` finds the server and `login` who we are to it, both by the rules of client-go; `tls` and
//! `wire` are the HTTP client, `sender` puts credentials on requests, `trouble` says what goes wrong.

mod environment;
mod exec;
mod kubeconfig;
mod log;
mod login;
mod proxy;
mod sender;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod trouble;
mod wire;

use std::{fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::Body;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use serde::Deserialize;
use tokio::time::timeout;

pub(crate) use self::trouble::Trouble;
use self::{
    environment::Environment,
    log::Log,
    sender::{Patience, Sender},
    wire::Answer,
};
use crate::{args, exit::Failure};

/// How long a server may be silent where no flag says it. An API server gives up by itself after a
/// minute.
const SILENCE: Duration = Duration::from_secs(70);

/// An open way to an API server. Nothing has been sent yet.
pub(crate) struct Connection {
    /// A client for the interfaces of kube, which sends in the same way; [`Connection::trouble`]
    /// reads its errors.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests send through it so far"))]
    pub(crate) client: kube::Client,
    /// The namespace: the one that is named, else the context's, else `default`.
    pub(crate) namespace: String,
    /// The URL of the server, for messages.
    pub(crate) server: String,
    sender: Arc<Sender>,
}

/// The whole answer to a request.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Its status, success or not.
    pub(crate) status: StatusCode,
    /// Its body, decompressed.
    pub(crate) body: Bytes,
    /// How long the server asks to wait before the next try.
    pub(crate) retry_after: Option<Duration>,
    /// Where it points to instead.
    location: Option<String>,
}

/// The body of an answer that comes in parts.
pub(crate) struct Chunks {
    body: Answer,
    sender: Arc<Sender>,
}

/// Finds the server and our credentials; a credential plugin runs here.
///
/// Call this within a tokio runtime that lasts as long as the connection.
pub(crate) async fn open(
    args: &args::Connection,
    namespace: Option<&str>,
) -> Result<Connection, Failure> {
    open_in(&Environment::read(), args, namespace).await
}

/// As [`open`], in another environment than that of the process.
async fn open_in(
    env: &Environment,
    args: &args::Connection,
    namespace: Option<&str>,
) -> Result<Connection, Failure> {
    let target = target::find(args, namespace, env)?;
    if CryptoProvider::get_default().is_none() {
        // Another thread may have been faster, with the same provider.
        let _ = aws_lc_rs::default_provider().install_default();
    }
    let patience = match args.request_timeout {
        None => Patience::Progress(SILENCE),
        Some(Duration::ZERO) => Patience::Endless,
        Some(limit) => Patience::Whole(limit),
    };
    let (namespace, server) = (target.namespace.clone(), target.names.server.clone());
    let sender = Arc::new(Sender::new(target, patience, Log { level: args.verbosity })?);
    let service = {
        let sender = Arc::clone(&sender);
        tower::service_fn(move |request| {
            let sender = Arc::clone(&sender);
            async move { sender.send(request).await }
        })
    };
    let client = kube::Client::new(service, namespace.clone());
    Ok(Connection { client, namespace, server, sender })
}

impl Connection {
    /// Sends one GET, and returns its whole answer whatever its status is.
    pub(crate) async fn get(&self, path_and_query: &str) -> Result<Reply, Trouble> {
        self.exchange(request(path_and_query)?).await
    }

    /// Sends a body once, and returns the whole answer whatever its status is. Where no answer
    /// comes, nobody knows whether the server has done it: it is never sent again by itself.
    pub(crate) async fn send(
        &self,
        method: Method,
        path_and_query: &str,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Result<Reply, Trouble> {
        let mut request = request(path_and_query)?;
        *request.method_mut() = method;
        let content_type = HeaderValue::from_static(content_type);
        request.headers_mut().insert(header::CONTENT_TYPE, content_type);
        *request.body_mut() = Body::from(body);
        self.exchange(request).await
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Reply, Trouble> {
        let whole = async {
            let response = self.sender.send(request).await?;
            whole(&self.sender, response).await
        };
        match self.sender.patience {
            Patience::Whole(limit) => {
                timeout(limit, whole).await.unwrap_or_else(|_| Err(self.sender.too_slow(limit)))
            }
            Patience::Progress(_) | Patience::Endless => whole.await,
        }
    }

    /// The JSON of an answer that is a success.
    pub(crate) fn json<'r, T: Deserialize<'r>>(&self, reply: &'r Reply) -> Result<T, Trouble> {
        let names = &self.sender.target.names;
        if !reply.status.is_success() {
            return Err(trouble::answered(reply, names));
        }
        serde_json::from_slice(&reply.body).map_err(|error| trouble::rubbish(reply, &error, names))
    }

    /// Sends one GET, and gives the body of a success in the parts in which it comes. Only the
    /// first sign of life has a limit: what follows may take for ever, as a watch does.
    pub(crate) async fn stream(&self, path_and_query: &str) -> Result<Chunks, Trouble> {
        let mut request = request(path_and_query)?;
        // An API server compresses each event of a watch by itself, and the layer that decompresses
        // reads only the first of such parts.
        let identity = HeaderValue::from_static("identity");
        request.headers_mut().insert(header::ACCEPT_ENCODING, identity);
        let response = self.sender.send(request).await?;
        if response.status().is_success() {
            return Ok(Chunks { body: response.into_body(), sender: Arc::clone(&self.sender) });
        }
        let reply = whole(&self.sender, response).await?;
        Err(trouble::answered(&reply, &self.sender.target.names))
    }

    /// How messages name who we are to the server.
    pub(crate) fn login(&self) -> &str {
        &self.sender.target.names.login
    }

    /// What an answer means that is no success.
    pub(crate) fn refusal(&self, reply: &Reply) -> Trouble {
        trouble::answered(reply, &self.sender.target.names)
    }

    /// What an error of [`Connection::client`] means.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests send through the client so far"))]
    pub(crate) fn trouble(&self, error: kube::Error) -> Trouble {
        Trouble::of(error, &self.sender.target.names)
    }
}

impl Chunks {
    /// Waits for the next part; there is none after the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Trouble> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame
                .map_err(|error| trouble::on_the_way(error.as_ref(), &self.sender.target.names))?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("server", &self.server).finish_non_exhaustive()
    }
}

fn request(path_and_query: &str) -> Result<Request<Body>, Trouble> {
    Request::get(path_and_query).body(Body::empty()).map_err(|error| {
        Trouble::Rubbish(format!("{path_and_query:?} cannot be asked for: {error}"))
    })
}

/// Waits for the whole body of an answer.
async fn whole(sender: &Arc<Sender>, response: Response<Answer>) -> Result<Reply, Trouble> {
    let (head, body) = response.into_parts();
    let mut chunks = Chunks { body, sender: Arc::clone(sender) };
    let mut parts = Vec::new();
    loop {
        let next = match sender.patience {
            Patience::Progress(limit) => {
                timeout(limit, chunks.next()).await.map_err(|_| sender.too_slow(limit))??
            }
            Patience::Whole(_) | Patience::Endless => chunks.next().await?,
        };
        match next {
            Some(part) => parts.push(part),
            None => break,
        }
    }
    let body = match <[Bytes; 1]>::try_from(parts) {
        Ok([part]) => part,
        Err(parts) => parts
            .iter()
            .fold(BytesMut::new(), |mut body, part| {
                body.extend_from_slice(part);
                body
            })
            .freeze(),
    };
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    // An API server sends seconds; the other form of RFC 9110, section 10.2.3, is a date.
    let seconds = text(header::RETRY_AFTER).and_then(|it| it.trim().parse().ok());
    Ok(Reply {
        status: head.status,
        body,
        retry_after: seconds.map(Duration::from_secs),
        location: text(header::LOCATION).map(str::to_owned),
    })
}
