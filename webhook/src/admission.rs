//! The admission address: what HTTP says about a review, before and after it is judged.
//!
//! A denial is an answer with status 200, and counts even where failures are to be ignored.
//! What is our own fault therefore never looks like one: it is a status of 500 or above, and `failurePolicy` decides.

mod body;
mod gate;

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{
        HeaderMap, Method, StatusCode, Uri, Version,
        header::{ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    },
    response::Response,
    routing::post,
};
use meshroute::cluster::Part;
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

use crate::{
    cache::Looker,
    log::{Level, Log},
    metrics::Metrics,
    review::{Answer, Question, Verdict},
    serve::Limits,
};
use body::{Budget, Whole};
use gate::Gate;

/// A body up to this is judged where it was read; a larger one takes so long that others would wait for it.
const SMALL: usize = 64 << 10;

/// The time of a request that does not say how long it waits, and of one that says it waits longer.
const LONGEST: Duration = Duration::from_secs(30);

/// An answer has to be there so long before the client gives up.
const MARGIN: Duration = Duration::from_millis(100);

/// So much time is left for judging again after a look at the cluster.
const LAST: Duration = Duration::from_millis(50);

/// Who judges reviews, where these parts of the cluster were found that the view lacks.
pub type Judge = Arc<dyn Fn(Question, &[u8], &BTreeSet<Part>) -> Answer + Send + Sync>;

/// What the answers depend on.
pub struct Admission {
    judge: Judge,
    looker: Option<Looker>,
    limits: Limits,
    metrics: Arc<Metrics>,
    log: Log,
    gate: Gate,
    budget: Arc<Budget>,
}

/// Why there is no answer to a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    MediaType,
    Encoding,
    TooLarge,
    SlowBody,
    BrokenBody,
    Bytes,
    Turn,
    Deadline,
    Panic,
}

impl Fault {
    fn status(self) -> StatusCode {
        match self {
            Self::MediaType | Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::Bytes | Self::Turn | Self::Deadline => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::MediaType => "the content type is not application/json",
            Self::Encoding => "no content encoding is taken",
            Self::TooLarge => "the body is larger than 7 MiB",
            Self::SlowBody => "the body did not arrive in time",
            Self::BrokenBody => "the body broke off",
            Self::Bytes => "too many bytes are under way",
            Self::Turn => "too many reviews are under way",
            Self::Deadline => "there was not enough time",
            Self::Panic => "the review broke: a fault of meshroute",
        }
    }

    /// Why a request was turned away under load, if that is why.
    fn shed(self) -> Option<&'static str> {
        match self {
            Self::Bytes => Some("bytes"),
            Self::Turn => Some("reviews"),
            Self::Deadline => Some("deadline"),
            Self::MediaType
            | Self::Encoding
            | Self::TooLarge
            | Self::SlowBody
            | Self::BrokenBody
            | Self::Panic => None,
        }
    }
}

/// Returns the routes of the admission address.
pub fn router(
    judge: Judge,
    looker: Option<Looker>,
    limits: Limits,
    metrics: Arc<Metrics>,
    log: Log,
) -> Router {
    let gate = Gate::new(limits);
    let budget = Arc::new(Budget::new(limits.bytes));
    let shared = Arc::new(Admission { judge, looker, limits, metrics, log, gate, budget });
    let route = |question| {
        let here = Arc::clone(&shared);
        let elsewhere = Arc::clone(&shared);
        post(move |request| async move { here.answer(question, request).await }).fallback(
            move |_: Method| async move {
                let mut answer = elsewhere.elsewhere(
                    path(question),
                    StatusCode::METHOD_NOT_ALLOWED,
                    "only POST is served here",
                );
                answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
                answer
            },
        )
    };
    let unknown = Arc::clone(&shared);
    Router::new()
        .route(path(Question::Validate), route(Question::Validate))
        .route(path(Question::Mutate), route(Question::Mutate))
        .fallback(move || async move {
            unknown.elsewhere("other", StatusCode::NOT_FOUND, "only /validate and /mutate are here")
        })
}

fn path(question: Question) -> &'static str {
    match question {
        Question::Validate => "/validate",
        Question::Mutate => "/mutate",
    }
}

impl Admission {
    async fn answer(&self, question: Question, request: Request) -> Response {
        let start = Instant::now();
        let _under_way = self.metrics.in_flight.enter();
        let version = request.version();
        let deadline = start + time(request.uri()).saturating_sub(MARGIN);
        let reviewed = timeout_at(deadline, self.review(question, request, deadline)).await;
        let result = reviewed.unwrap_or(Err(Fault::Deadline));
        let took = start.elapsed();
        self.record(question, &result, took);
        respond(result, version)
    }

    async fn review(
        &self,
        question: Question,
        request: Request,
        deadline: Instant,
    ) -> Result<Answer, Fault> {
        let (head, mut body) = request.into_parts();
        let until = deadline.min(Instant::now() + self.limits.body);
        let reading = async {
            takes(&head.headers)?;
            body::read(&mut body, &self.budget).await
        };
        let body = match timeout_at(until, reading).await {
            Ok(Ok(whole)) => whole,
            Ok(Err(fault)) => {
                if head.version == Version::HTTP_2 {
                    body::discard(&mut body).await;
                }
                return Err(fault);
            }
            Err(_) => return Err(Fault::SlowBody),
        };
        let body = Arc::new(body);
        let answer = self.judge(question, &body, BTreeSet::new()).await?;
        let Some(looker) = self.looker.as_ref().filter(|_| !answer.absent.is_empty()) else {
            return Ok(answer);
        };
        let until = deadline.checked_sub(LAST).unwrap_or(deadline);
        // Without a turn: whoever waits for an API server keeps nobody else from being judged.
        let found = looker.look(&answer.absent, until).await;
        if found.is_empty() {
            return Ok(answer);
        }
        self.judge(question, &body, found).await
    }

    async fn judge(
        &self,
        question: Question,
        body: &Arc<Whole>,
        found: BTreeSet<Part>,
    ) -> Result<Answer, Fault> {
        let turn = self.gate.turn().await.ok_or(Fault::Turn)?;
        if body.bytes().len() <= SMALL {
            return judged(&self.judge, question, body.bytes(), &found);
        }
        let (judge, body) = (Arc::clone(&self.judge), Arc::clone(body));
        let judging = spawn_blocking(move || {
            let answer = judged(&judge, question, body.bytes(), &found);
            // Also when nobody waits any more: what runs counts as running.
            drop((turn, body));
            answer
        });
        judging.await.unwrap_or(Err(Fault::Panic))
    }

    fn elsewhere(&self, path: &'static str, status: StatusCode, text: &'static str) -> Response {
        self.metrics.request(path, status.as_u16());
        plain(status, text)
    }

    /// One event a request: what was asked, and what came of it. Never an object, which may hold what is nobody's business.
    fn record(&self, question: Question, result: &Result<Answer, Fault>, took: Duration) {
        let path = path(question);
        self.metrics.duration(took);
        let millis = format!("{}.{:03}", took.as_millis(), took.subsec_micros() % 1000);
        match result {
            Ok(answer) => {
                self.metrics.request(path, answer.status);
                self.metrics.review(path, &answer.about, answer.verdict, &answer.findings);
                let status = answer.status.to_string();
                let codes = codes(answer);
                let about = &answer.about;
                let mut fields = vec![
                    ("path", path),
                    ("status", status.as_str()),
                    ("verdict", answer.verdict.name()),
                    ("uid", about.uid.as_str()),
                    ("operation", about.operation.as_str()),
                    ("kind", about.kind.as_str()),
                    ("namespace", about.namespace.as_str()),
                    ("name", about.name.as_str()),
                    ("codes", codes.as_str()),
                    ("ms", millis.as_str()),
                ];
                fields.retain(|(_, value)| !value.is_empty());
                if about.dry_run {
                    fields.push(("dry_run", "true"));
                }
                let level = match answer.verdict {
                    Verdict::Admitted | Verdict::Denied => Level::Info,
                    Verdict::Refused => Level::Warning,
                };
                self.log.line(level, "review", &fields);
            }
            Err(fault) => {
                self.metrics.request(path, fault.status().as_u16());
                if let Some(reason) = fault.shed() {
                    self.metrics.shed(reason);
                }
                if *fault == Fault::Panic {
                    self.metrics.panics.add();
                }
                let status = fault.status().as_u16().to_string();
                let fields =
                    [("path", path), ("status", &status), ("error", fault.text()), ("ms", &millis)];
                let is_ours = fault.status().is_server_error();
                let level = if is_ours { Level::Error } else { Level::Warning };
                self.log.line(level, "review", &fields);
            }
        }
    }
}

/// Judges; a panic is ours, and must neither look like a denial nor end the process.
fn judged(
    judge: &Judge,
    question: Question,
    body: &[u8],
    found: &BTreeSet<Part>,
) -> Result<Answer, Fault> {
    // Nothing of the judge changes, so that nothing can be left half done.
    catch_unwind(AssertUnwindSafe(|| judge(question, body, found))).map_err(|_| Fault::Panic)
}

/// The codes of an answer, each once.
fn codes(answer: &Answer) -> String {
    let mut codes = answer.findings.iter().map(|said| said.code).collect::<Vec<_>>();
    codes.dedup();
    codes.join(",")
}

/// Whether we take what a request says it brings.
fn takes(headers: &HeaderMap) -> Result<(), Fault> {
    let is_json =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|it| {
            let essence = it.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
        });
    if !is_json {
        return Err(Fault::MediaType);
    }
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().all(is_plain) {
        Ok(())
    } else {
        Err(Fault::Encoding)
    }
}

/// How long the client waits: an API server says it as `?timeout=10s`.
fn time(uri: &Uri) -> Duration {
    let mut pairs = uri.query().unwrap_or_default().split('&');
    let text = pairs.find_map(|pair| pair.strip_prefix("timeout="));
    let said = text.and_then(|text| match text.strip_suffix("ms") {
        Some(millis) => millis.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    });
    said.unwrap_or(LONGEST).min(LONGEST)
}

fn respond(result: Result<Answer, Fault>, version: Version) -> Response {
    match result {
        Ok(answer) => {
            let mut response = Response::new(Body::from(answer.body));
            *response.status_mut() =
                StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let kind = HeaderValue::from_static(answer.content_type);
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        Err(fault) => {
            let mut response = plain(fault.status(), fault.text());
            if fault.shed().is_some() {
                // An API server tries again after that, on another connection: perhaps at a replica with less to do.
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
                if version < Version::HTTP_2 {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
            }
            response
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_what_the_client_says() {
        for (query, millis) in [
            ("/validate?timeout=10s", 10_000),
            ("/validate?a=b&timeout=250ms", 250),
            ("/validate?timeout=0s", 0),
            ("/validate?timeout=99999999999s", 30_000),
            ("/validate?timeout=-1s", 30_000),
            ("/validate?timeout=", 30_000),
            ("/validate", 30_000),
        ] {
            let uri = query.parse().expect("a path");
            assert_eq!(time(&uri), Duration::from_millis(millis), "{query}");
        }
    }

    #[test]
    fn only_plain_json_is_taken() {
        let with = |kind: &'static str, encoding: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            if let Some(encoding) = encoding {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
            takes(&headers)
        };
        assert_eq!(with("application/json", None), Ok(()));
        assert_eq!(with("Application/JSON ; charset=utf-8", Some("identity")), Ok(()));
        assert_eq!(with("application/json", Some("gzip")), Err(Fault::Encoding));
        for kind in ["application/jsonx", "text/plain", "", "application/json-patch+json"] {
            assert_eq!(with(kind, None), Err(Fault::MediaType), "{kind}");
        }
        assert_eq!(takes(&HeaderMap::new()), Err(Fault::MediaType));
    }
}
