//! Which proxy leads to a server: the kubeconfig's, or one of the environment by Go's rules.
//!
//! A proxy that the kubeconfig names is always used. The environment counts as in Go's
//! `golang.org/x/net/http/httpproxy`: hosts on loopback are never reached through a proxy, and
//! `NO_PROXY` names others. `ALL_PROXY`, which Go does not read, counts where no other is set.

use std::net::IpAddr;

use http::Uri;

use super::environment::Proxies;
use crate::{args::Secret, exit::Failure};

/// A proxy.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    /// Where it is.
    pub(super) uri: Uri,
    /// What it speaks.
    pub(super) kind: Kind,
    /// Who we are to it.
    pub(super) login: Option<(String, Secret)>,
    /// Its address for messages, without the login.
    pub(super) shown: String,
}

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// HTTP's CONNECT.
    Tunnel,
    /// SOCKS 5, where the proxy looks names up.
    Socks,
}

/// The proxy for a server; `named` is what the kubeconfig or a flag says.
pub(super) fn choose(
    server: &Uri,
    named: Option<&str>,
    env: &Proxies,
) -> Result<Option<Proxy>, Failure> {
    if let Some(text) = named {
        return parse(text, "proxy-url").map(Some);
    }
    let (text, name) = match (server.scheme_str(), &env.https, &env.http, &env.all) {
        (Some("https"), Some(text), _, _) => (text, "HTTPS_PROXY"),
        (Some("http"), _, Some(text), _) => (text, "HTTP_PROXY"),
        (_, _, _, Some(text)) => (text, "ALL_PROXY"),
        _ => return Ok(None),
    };
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(match server.scheme_str() {
        Some("http") => 80,
        _ => 443,
    });
    if goes_past(&host, port, env.none.as_deref().unwrap_or_default()) {
        return Ok(None);
    }
    // Go takes a bare host and port for a proxy that speaks HTTP.
    let text = if text.contains("://") { text.clone() } else { format!("http://{text}") };
    parse(&text, name).map(Some)
}

fn parse(text: &str, origin: &str) -> Result<Proxy, Failure> {
    let wrong = |what: &str| {
        Failure::no(format!(
            "{origin} names no proxy: {what}; it has the form http://HOST:PORT, https:// or socks5://"
        ))
    };
    let (before, rest) = text.split_once("://").ok_or_else(|| wrong("there is no scheme"))?;
    let kind = match before.to_ascii_lowercase().as_str() {
        "http" | "https" => Kind::Tunnel,
        "socks5" | "socks5h" => Kind::Socks,
        other => return Err(wrong(&format!("the scheme {other} is not known"))),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (login, host) = match authority.rsplit_once('@') {
        Some((login, host)) => (Some(login), host),
        None => (None, authority),
    };
    let scheme = if before.eq_ignore_ascii_case("https") { "https" } else { "http" };
    let has_port = host.rsplit(']').next().unwrap_or_default().contains(':');
    let place = match (has_port, kind, scheme) {
        (true, _, _) => host.to_owned(),
        (false, Kind::Socks, _) => format!("{host}:1080"),
        (false, Kind::Tunnel, "https") => format!("{host}:443"),
        (false, Kind::Tunnel, _) => format!("{host}:80"),
    };
    let uri = format!("{scheme}://{place}")
        .parse::<Uri>()
        .ok()
        .filter(|uri| uri.host().is_some_and(|host| !host.is_empty()))
        .ok_or_else(|| wrong(&format!("{host:?} is no host")))?;
    let login = login.map(|login| {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        (decoded(user), decoded(password).into())
    });
    let shown = format!("{}://{place}", before.to_ascii_lowercase());
    Ok(Proxy { uri, kind, login, shown })
}

/// Whether a host is reached without a proxy.
fn goes_past(host: &str, port: u16, list: &str) -> bool {
    let ip = host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
    if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
        return true;
    }
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let Some((network, bits)) = entry.split_once('/')
            && let (Ok(network), Ok(bits)) = (network.parse(), bits.parse())
        {
            return ip.is_some_and(|ip| is_within(ip, network, bits));
        }
        let (name, wanted) = split_port(&entry);
        if name.is_empty() || wanted.is_some_and(|wanted| wanted != port.to_string()) {
            return false;
        }
        match (name.parse::<IpAddr>(), ip) {
            (Ok(entry), ip) => ip == Some(entry.to_canonical()),
            (Err(_), Some(_)) => false,
            (Err(_), None) => {
                let name = name.strip_prefix('*').filter(|it| it.starts_with('.')).unwrap_or(name);
                // A leading dot leaves the domain itself out.
                let suffix = name.strip_prefix('.').unwrap_or(name);
                let below = host.strip_suffix(suffix).is_some_and(|before| before.ends_with('.'));
                below || host == name
            }
        }
    })
}

/// An entry without its port, and the port.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    if let Some(rest) = entry.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').unwrap_or((rest, ""));
        return (host, rest.strip_prefix(':'));
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (entry, None),
    }
}

fn is_within(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        bits <= width && (bits == 0 || (a ^ b) >> (width - bits) == 0)
    };
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            same(ip.to_bits().into(), network.to_bits().into(), 32)
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => same(ip.to_bits(), network.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// Replaces `%2F` and its like; what is no such sequence stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let byte = digit(0).zip(digit(1)).and_then(|(a, b)| u8::try_from(a * 16 + b).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(server: &str, no_proxy: &str) -> Option<String> {
        let env = Proxies {
            https: Some("http://secure:1".into()),
            http: Some("plain:2".into()),
            all: None,
            none: Some(no_proxy.into()),
        };
        let server = server.parse().expect("a URL");
        choose(&server, None, &env).expect("a proxy or none").map(|proxy| proxy.shown)
    }

    #[test]
    fn the_scheme_of_the_server_chooses_the_variable() {
        assert_eq!(chosen("https://a", ""), Some("http://secure:1".into()));
        assert_eq!(chosen("http://a", ""), Some("http://plain:2".into()));
    }

    #[test]
    fn all_proxy_is_the_last_resort() {
        let env = Proxies { all: Some("socks5://a".into()), ..Proxies::default() };
        let proxy = choose(&Uri::from_static("https://b"), None, &env).expect("a proxy");
        let proxy = proxy.expect("a proxy");
        assert_eq!((proxy.kind, proxy.shown.as_str()), (Kind::Socks, "socks5://a:1080"));
    }

    #[test]
    fn loopback_is_never_reached_through_a_proxy_of_the_environment() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert_eq!(chosen(&format!("https://{host}:6443"), ""), None, "{host}");
        }
        assert!(chosen("https://localhost.example", "").is_some());
    }

    /// The cases are those of `golang.org/x/net/http/httpproxy/proxy_test.go`, where they apply.
    #[test]
    fn no_proxy_reads_as_in_go() {
        let list = "foobar.com, .barbaz.net, *.wild.org, 192.168.1.1, 192.168.1.2:81, \
            192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, \
            [2001:db8::52:0:3]:80, 2002:db8:a::45/64, name:6443";
        for (host, past) in [
            ("192.168.1.1", true),
            ("192.168.1.2", false),
            ("192.168.1.3", false),
            ("192.168.1.4", false),
            ("10.0.0.2", true),
            ("10.0.0.4", false),
            ("[2001:db8::52:0:1]", true),
            ("[2001:db8::52:0:2]", true),
            ("[2001:db8::52:0:3]", false),
            ("[2002:db8:a::123]", true),
            ("[fe80::424b:c8be:1643:a1b6]", false),
            ("barbaz.net", false),
            ("www.barbaz.net", true),
            ("foobar.com", true),
            ("www.foobar.com", true),
            ("foofoobar.com", false),
            ("a.wild.org", true),
            ("wild.org", false),
            ("baz.com", false),
            ("name:6443", true),
            ("name:443", false),
            ("FOOBAR.com", true),
        ] {
            assert_eq!(chosen(&format!("https://{host}"), list).is_none(), past, "{host}");
        }
        assert_eq!(chosen("https://a", "b,*"), None);
        assert!(chosen("https://a", ",,:5,").is_some());
    }

    #[test]
    fn a_login_is_decoded_and_not_shown() {
        let proxy = parse("http://a:p%40ss%2g@b:3", "x").expect("a proxy");
        let (user, password) = proxy.login.expect("a login");
        assert_eq!((user.as_str(), password.reveal()), ("a", "p@ss%2g"));
        assert_eq!(proxy.shown, "http://b:3");
        assert_eq!(proxy.uri, Uri::from_static("http://b:3"));
    }

    #[test]
    fn a_named_proxy_is_used_whatever_no_proxy_says() {
        let env = Proxies { none: Some("*".into()), ..Proxies::default() };
        let server = Uri::from_static("https://localhost");
        assert!(choose(&server, Some("https://a"), &env).expect("a proxy").is_some());
        assert!(choose(&server, Some("ftp://a"), &env).is_err());
        assert!(choose(&server, Some("a:3128"), &env).is_err());
    }
}
