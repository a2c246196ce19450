//! The HTTP client under a connection: TCP, proxy, compression, with TLS from `tls`.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::rt::{Read, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{
            Connection, HttpConnector,
            proxy::{SocksV5, Tunnel},
        },
    },
    rt::TokioExecutor,
};
use kube::client::{Body, middleware::BaseUriLayer};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_http::decompression::DecompressionLayer;

use super::{
    login::Identity,
    proxy::{Kind, Proxy},
    target::Target,
    tls::Tls,
    trouble::Trouble,
};

/// How long a connection may take to stand, with its proxy and TLS.
const CONNECT: Duration = Duration::from_secs(30);

/// How long a peer may be silent before TCP asks whether it is still there, as in client-go.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// How long TCP waits before it asks again, and how often, so that a watch notices within two
/// minutes that its server is gone.
const ASK_AGAIN: (Duration, u32) = (Duration::from_secs(15), 5);

/// Sends requests, and makes the connections that they need.
pub(super) type Wire = BoxCloneSyncService<Request<Body>, Response<Answer>, BoxError>;

/// The body of an answer, decompressed.
pub(super) type Answer = UnsyncBoxBody<Bytes, BoxError>;

/// Makes the client for a target; `identity` is whom TLS shows.
pub(super) fn lay(target: &Target, identity: Option<&Identity>) -> Result<Wire, Trouble> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEP_ALIVE));
    tcp.set_keepalive_interval(Some(ASK_AGAIN.0));
    tcp.set_keepalive_retries(Some(ASK_AGAIN.1));
    let tls = Tls::new(target, identity)?;
    Ok(match &target.proxy {
        None => finish(tls.over(tcp), target),
        Some(Proxy { kind: Kind::Socks, uri, login, .. }) => {
            let mut socks = SocksV5::new(uri.clone(), tcp);
            if let Some((user, password)) = login {
                socks = socks.with_auth(user.clone(), password.reveal().to_owned());
            }
            finish(tls.over(socks), target)
        }
        Some(proxy @ Proxy { uri, .. }) if uri.scheme_str() == Some("https") => {
            finish(tls.over(tunnel(proxy, tls.over(tcp))), target)
        }
        Some(proxy) => finish(tls.over(tunnel(proxy, tcp)), target),
    })
}

/// An address whose port is written: a tunnel takes 443 for every one that is not.
fn with_port(url: &Uri) -> Uri {
    let mut parts = url.clone().into_parts();
    if let (Some(scheme), Some(authority)) = (&parts.scheme, &parts.authority)
        && scheme.as_str() == "http"
        && authority.port().is_none()
        && let Ok(authority) = format!("{authority}:80").parse()
    {
        parts.authority = Some(authority);
    }
    Uri::from_parts(parts).unwrap_or_else(|_| url.clone())
}

fn tunnel<C>(proxy: &Proxy, connector: C) -> Tunnel<C> {
    let tunnel = Tunnel::new(proxy.uri.clone(), connector);
    let Some((user, password)) = &proxy.login else { return tunnel };
    let login = BASE64_STANDARD.encode(format!("{user}:{}", password.reveal()));
    // Base64 always fits into a header.
    match format!("Basic {login}").try_into() {
        Ok(login) => tunnel.with_auth(login),
        Err(_) => tunnel,
    }
}

fn finish<C>(connector: HttpsConnector<C>, target: &Target) -> Wire
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: std::error::Error + Send + Sync + 'static,
{
    let connector = ServiceBuilder::new().map_future(Box::pin).timeout(CONNECT).service(connector);
    let client = Client::builder(TokioExecutor::new()).build::<_, Body>(connector);
    let wire = ServiceBuilder::new()
        .layer(BaseUriLayer::new(with_port(&target.url)))
        .layer(DecompressionLayer::new().gzip(target.compressed))
        .service(client);
    let wire = wire
        .map_response(|response| response.map(|body| body.map_err(BoxError::from).boxed_unsync()))
        .map_err(BoxError::from);
    BoxCloneSyncService::new(wire)
}
