//! Sends requests with our credentials, and renews these in time.

use std::{
    fs,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Request, Response, StatusCode, header};
use jiff::Timestamp;
use kube::client::Body;
use tokio::time::timeout;
use tower::ServiceExt;

use super::{
    exec::Plugin,
    log::Log,
    login::{Credentials, Identity},
    target::Target,
    trouble::{Trouble, on_the_way},
    wire::{self, Answer, Wire},
};
use crate::args::Secret;

/// How long a token file counts before it is read again, as in client-go.
const TOKEN_FILE: Duration = Duration::from_secs(60);

/// Sends requests to a target.
#[derive(Debug)]
pub(super) struct Sender {
    /// Where requests go.
    pub(super) target: Target,
    /// How long an answer may take.
    pub(super) patience: Patience,
    log: Log,
    current: Mutex<Current>,
}

/// How long an answer may take.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// This long in all.
    Whole(Duration),
    /// This long from one sign of life to the next.
    Progress(Duration),
    /// For ever.
    Endless,
}

/// What is in use now.
#[derive(Debug)]
struct Current {
    wire: Wire,
    authorization: Option<HeaderValue>,
    identity: Option<Identity>,
    read: Instant,
    /// When a plugin must run again.
    expires: Option<Timestamp>,
    /// Whether the server has refused what a plugin printed.
    is_refused: bool,
}

impl Sender {
    /// Gets the credentials, and makes ready to send.
    pub(super) fn new(target: Target, patience: Patience, log: Log) -> Result<Self, Trouble> {
        log.say(|| {
            let names = &target.names;
            let proxy = names.proxy.as_deref().unwrap_or("none");
            format!(
                "server {} from {}, as {}, proxy {proxy}",
                names.server, names.origin, names.login
            )
        });
        let current = Current::new(&target)?;
        Ok(Self { target, patience, log, current: Mutex::new(current) })
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &self,
        mut request: Request<Body>,
    ) -> Result<Response<Answer>, Trouble> {
        let wire = self.authorize(&mut request)?;
        let started = Instant::now();
        let line = format!(
            "{} {}{}",
            request.method(),
            self.target.names.server,
            request.uri().path_and_query().map_or("", |path| path.as_str())
        );
        let answer = match self.patience {
            Patience::Whole(limit) | Patience::Progress(limit) => {
                timeout(limit, wire.oneshot(request)).await.map_err(|_| self.too_slow(limit))
            }
            Patience::Endless => Ok(wire.oneshot(request).await),
        };
        let answer = answer.and_then(|answer| {
            answer.map_err(|error| on_the_way(error.as_ref(), &self.target.names))
        });
        let took = started.elapsed().as_millis();
        self.log.say(|| match &answer {
            Ok(answer) => format!("{line} {} in {took} milliseconds", answer.status()),
            Err(trouble) => format!("{line} failed in {took} milliseconds: {trouble}"),
        });
        if answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED) {
            self.current().is_refused = true;
        }
        answer
    }

    /// The trouble of an answer that takes longer than this.
    pub(super) fn too_slow(&self, limit: Duration) -> Trouble {
        let seconds = limit.as_secs_f64();
        Trouble::TooSlow(format!(
            "{} has not answered within {seconds} s; --request-timeout says how long to wait",
            self.target.names.server
        ))
    }

    fn authorize(&self, request: &mut Request<Body>) -> Result<Wire, Trouble> {
        let mut current = self.current();
        current.renew(&self.target)?;
        let headers = request.headers_mut();
        if let Some(authorization) = &current.authorization {
            headers.entry(header::AUTHORIZATION).or_insert_with(|| authorization.clone());
        }
        for (name, value) in &self.target.login.headers {
            headers.append(name, value.clone());
        }
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        Ok(current.wire.clone())
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const USER_AGENT: &str = concat!("kubectl-meshroute/", env!("CARGO_PKG_VERSION"));

impl Current {
    fn new(target: &Target) -> Result<Self, Trouble> {
        let mut identity = target.login.identity.clone();
        let mut expires = None;
        let authorization = match &target.login.credentials {
            Credentials::None => None,
            Credentials::Token(token) => Some(bearer(token)?),
            Credentials::File(path) => {
                let text = fs::read_to_string(path).map_err(|error| {
                    Trouble::Credentials(format!(
                        "cannot read the token of {} in {}: {error}",
                        target.names.login,
                        path.display()
                    ))
                })?;
                Some(bearer(&text.trim().into())?)
            }
            Credentials::Basic(user, password) => {
                let login = BASE64_STANDARD.encode(format!("{user}:{}", password.reveal()));
                Some(value(&format!("Basic {login}"))?)
            }
            Credentials::Plugin(plugin) => {
                let (authorization, shown, until) = run(plugin)?;
                (identity, expires) = (shown, until);
                authorization
            }
        };
        Ok(Self {
            wire: wire::lay(target, identity.as_ref())?,
            authorization,
            identity,
            read: Instant::now(),
            expires,
            is_refused: false,
        })
    }

    /// Gets new credentials where the old ones are no longer good.
    fn renew(&mut self, target: &Target) -> Result<(), Trouble> {
        match &target.login.credentials {
            Credentials::Plugin(plugin) => {
                let is_over = self.expires.is_some_and(|expires| expires <= Timestamp::now());
                if !is_over && !self.is_refused {
                    return Ok(());
                }
                let (authorization, identity, expires) = run(plugin)?;
                if identity != self.identity {
                    // Connections that stand were made under the old certificate.
                    self.wire = wire::lay(target, identity.as_ref())?;
                }
                (self.authorization, self.identity) = (authorization, identity);
                (self.expires, self.is_refused) = (expires, false);
            }
            Credentials::File(path) if self.read.elapsed() >= TOKEN_FILE => {
                self.read = Instant::now();
                // Some take the file away once it has been read: then the old token counts on.
                if let Ok(text) = fs::read_to_string(path) {
                    self.authorization = Some(bearer(&text.trim().into())?);
                }
            }
            Credentials::File(_)
            | Credentials::None
            | Credentials::Token(_)
            | Credentials::Basic(..) => {}
        }
        Ok(())
    }
}

type Fresh = (Option<HeaderValue>, Option<Identity>, Option<Timestamp>);

fn run(plugin: &Plugin) -> Result<Fresh, Trouble> {
    let printed = plugin.run()?;
    let authorization = printed.token.as_ref().map(bearer).transpose()?;
    let identity = printed
        .identity
        .map(|(certificate, key)| Identity { certificate: certificate.into_bytes(), key });
    Ok((authorization, identity, printed.expires))
}

fn bearer(token: &Secret) -> Result<HeaderValue, Trouble> {
    value(&format!("Bearer {}", token.reveal()))
}

fn value(text: &str) -> Result<HeaderValue, Trouble> {
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        Trouble::Credentials(
            "the token or password holds what no header can, such as a line break".into(),
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
