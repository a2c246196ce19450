//! The flags that say which API server is asked, and as whom: those of kubectl, by the same names.

use std::{fmt, time::Duration};

/// What help prints above the flags.
const HEADING: &str = "Connection, as in kubectl; not where files stand for the cluster";

/// Which API server is asked, and as whom. Where files stand for the cluster, none is.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Connection {
    /// The kubeconfig file to use, instead of those in KUBECONFIG or ~/.kube/config.
    #[arg(help_heading = HEADING, long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<String>,

    /// The context of the kubeconfig to use.
    #[arg(help_heading = HEADING, long, value_name = "NAME")]
    pub(crate) context: Option<String>,

    /// The cluster of the kubeconfig to use.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,

    /// The user of the kubeconfig to use.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// The address and port of the API server.
    #[arg(help_heading = HEADING, hide_short_help = true, short = 's', long, value_name = "URL")]
    pub(crate) server: Option<String>,

    /// A file with the certificates of the authorities that the server's certificate may come from.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "FILE")]
    pub(crate) certificate_authority: Option<String>,

    /// Do not check the server's certificate: anyone in between can read and change everything.
    #[arg(
        help_heading = HEADING, hide_short_help = true,
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) insecure_skip_tls_verify: Option<bool>,

    /// The name that the server's certificate must be for, instead of the host in its address.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "NAME")]
    pub(crate) tls_server_name: Option<String>,

    /// The proxy to go through: http, https or socks5.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "URL")]
    pub(crate) proxy_url: Option<String>,

    /// A file with a client certificate.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "FILE")]
    pub(crate) client_certificate: Option<String>,

    /// A file with the key of the client certificate.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "FILE")]
    pub(crate) client_key: Option<String>,

    /// A bearer token, instead of the user's credentials in the kubeconfig.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "TOKEN")]
    pub(crate) token: Option<Secret>,

    /// A user name for basic authentication.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "NAME")]
    pub(crate) username: Option<String>,

    /// A password for basic authentication.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "PASSWORD")]
    pub(crate) password: Option<Secret>,

    /// The user to impersonate.
    #[arg(help_heading = HEADING, hide_short_help = true, long = "as", value_name = "USER")]
    pub(crate) impersonate: Option<String>,

    /// The uid to impersonate.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "UID")]
    pub(crate) as_uid: Option<String>,

    /// A group to impersonate. Repeatable.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "GROUP")]
    pub(crate) as_group: Vec<String>,

    /// A further attribute to impersonate. Repeatable, also for the same key.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "KEY=VALUE", value_parser = user_extra)]
    pub(crate) as_user_extra: Vec<(String, String)>,

    /// The time after which a request is given up: seconds, or 500ms, 1s, 2m, 3h; 0 is never.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "TIME", value_parser = timeout)]
    pub(crate) request_timeout: Option<Duration>,

    /// Do not ask the server for compressed answers.
    #[arg(
        help_heading = HEADING, hide_short_help = true,
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) disable_compression: Option<bool>,

    /// Accepted for the sake of scripts that give it to kubectl; nothing is cached.
    #[arg(help_heading = HEADING, hide_short_help = true, long, value_name = "DIR")]
    pub(crate) cache_dir: Option<String>,

    /// How much to tell on stderr: from 6 on each request.
    #[arg(help_heading = HEADING, hide_short_help = true, short = 'v', long = "v", value_name = "LEVEL", default_value_t = 0)]
    pub(crate) verbosity: u8,
}

/// A text that nobody may see: it has no way out but [`Secret::reveal`].
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The text, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

fn user_extra(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// Reads a time as kubectl does: whole seconds, or a duration of Go.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    let wrong = || "expected whole seconds, or numbers with ms, s, m or h as in 1m30s".to_owned();
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let mut rest = text;
    let mut nanoseconds: u128 = 0;
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = number.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let number = &rest[..rest.len() - number.len()];
        let per_unit: u128 = match &rest[number.len()..rest.len() - unit.len()] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(wrong()),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || number.len() > 18 {
            return Err(wrong());
        }
        let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
        let places = u32::try_from(fraction.len()).map_err(|_| wrong())?;
        nanoseconds += digits * per_unit / 10_u128.pow(places);
        rest = unit;
    }
    if text.is_empty() {
        return Err(wrong());
    }
    u64::try_from(nanoseconds).map(Duration::from_nanos).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_go_reads_them() {
        let read = |text| timeout(text).ok().map(|it| it.as_millis());
        assert_eq!(read("0"), Some(0));
        assert_eq!(read("30"), Some(30_000));
        assert_eq!(read("1s"), Some(1_000));
        assert_eq!(read("2m"), Some(120_000));
        assert_eq!(read("1h30m"), Some(5_400_000));
        assert_eq!(read("1.5s"), Some(1_500));
        assert_eq!(read(".5s"), Some(500));
        assert_eq!(read("0s"), Some(0));
        assert_eq!(read("250ms"), Some(250));
        for wrong in ["", "s", "1", "1x", "-1s", "1 s", "1d", "..s", "1.2.3s", "s1", "99999999999h"]
        {
            assert_eq!(read(wrong).filter(|_| wrong != "1"), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let connection = Connection { token: Some("abc".into()), ..Connection::default() };
        assert!(!format!("{connection:?}").contains("abc"));
    }
}
