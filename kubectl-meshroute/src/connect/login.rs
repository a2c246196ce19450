//! Who we are to a server: credentials, a client certificate, and whom we impersonate.
//!
//! A token or a user name of the flags stands for all credentials of the kubeconfig's user, its
//! client certificate included: an API server would believe the certificate first.

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue};

use super::{
    exec::{Cluster, Plugin},
    kubeconfig::{AuthProvider, Entry, Exec, Kubeconfig, User},
    target::{decode, given, known, read},
};
use crate::{
    args::{self, Secret},
    exit::Failure,
};

/// Who we are.
#[derive(Debug)]
pub(super) struct Login {
    /// What each request carries.
    pub(super) credentials: Credentials,
    /// Whom TLS shows.
    pub(super) identity: Option<Identity>,
    /// Whom we impersonate.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// How messages name us.
    pub(super) shown: String,
}

/// What a request carries.
#[derive(Debug)]
pub(super) enum Credentials {
    /// Nothing.
    None,
    /// A bearer token.
    Token(Secret),
    /// The token in a file, which may change.
    File(PathBuf),
    /// A user and a password.
    Basic(String, Secret),
    /// What a program prints.
    Plugin(Box<Plugin>),
}

/// A client certificate and its key, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Secret,
}

/// Where logins come from, beside flags.
pub(super) struct Sources<'a> {
    /// The kubeconfig.
    pub(super) config: &'a Kubeconfig,
    /// The user that the context names.
    pub(super) user: Option<&'a str>,
    /// The context.
    pub(super) context: Option<&'a Entry>,
    /// The token of the pod, if that is where the server is from.
    pub(super) service_account: Option<&'a Path>,
    /// What a plugin may be told.
    pub(super) cluster: Cluster,
    /// Whether nobody in between can read.
    pub(super) is_tls: bool,
}

/// Finds out who we are.
pub(super) fn find(args: &args::Connection, sources: Sources<'_>) -> Result<Login, Failure> {
    let replaced = secret(&args.token).is_some() || given(&args.username).is_some();
    let entry = entry(args, &sources, replaced)?;
    let mut user = entry.map(Entry::read::<User>).transpose()?.unwrap_or_default();
    let headers = impersonation(args, &mut user)?;
    let file = |file: &str| entry.map_or_else(|| PathBuf::from(file), |it| it.path(file));
    let named = entry.map_or_else(|| "the flags".to_owned(), Entry::to_string);
    let nobody = "requests without credentials".to_owned();
    if !sources.is_tls {
        // As in kubectl: what is sent in the open is no secret any more.
        let shown = "requests over plain HTTP, which carry no credentials".to_owned();
        return Ok(Login { credentials: Credentials::None, identity: None, headers, shown });
    }
    let identity = identity(args, if replaced { None } else { Some(&user) }, &file, &named)?;
    let login = |credentials, shown| Login {
        credentials,
        identity: identity.clone(),
        headers: headers.clone(),
        shown,
    };

    if let Some(token) = secret(&args.token) {
        return Ok(login(Credentials::Token(token.clone()), "the token of --token".into()));
    }
    if given(&args.username).or(user.username.as_deref()).is_some()
        || secret(&args.password).is_some()
        || user.password.is_some()
    {
        if user.token.is_some() && !replaced {
            return Err(Failure::no(format!(
                "{named} has a token and a user name: take one of the two out"
            )));
        }
        let name = given(&args.username).or(user.username.as_deref()).unwrap_or_default();
        let password =
            secret(&args.password).or(user.password.as_ref()).cloned().unwrap_or_default();
        let shown = if replaced { format!("the user name {name}") } else { named };
        return Ok(login(Credentials::Basic(name.to_owned(), password), shown));
    }
    if let Some(token) = user.token {
        return Ok(login(Credentials::Token(token), named));
    }
    if let Some(path) = user.token_file {
        return Ok(login(Credentials::File(file(&path)), named));
    }
    if let Some(path) = sources.service_account {
        return Ok(login(
            Credentials::File(path.to_owned()),
            "the service account of this pod".into(),
        ));
    }
    if identity.is_some() {
        return Ok(login(Credentials::None, named));
    }
    if let Some(exec) = user.exec {
        let plugin = plugin(exec, &named, &file, sources.cluster)?;
        return Ok(login(Credentials::Plugin(Box::new(plugin)), named));
    }
    if let Some(provider) = user.auth_provider {
        return Ok(login(Credentials::Token(built_in(&provider, &named)?), named));
    }
    Ok(login(Credentials::None, if entry.is_some() { named } else { nobody }))
}

/// The user of the kubeconfig that counts, if there is one.
fn entry<'a>(
    args: &args::Connection,
    sources: &Sources<'a>,
    replaced: bool,
) -> Result<Option<&'a Entry>, Failure> {
    let Sources { config, user, context, .. } = sources;
    match (given(&args.user), user, context) {
        (Some(name), _, _) => known(&config.users, "user", name, config).map(Some),
        (None, Some(name), Some(context)) => match config.users.get(name) {
            Some(entry) => Ok(Some(entry)),
            None if replaced || given(&args.client_certificate).is_some() => Ok(None),
            None => Err(Failure::no(format!(
                "{context} names the user {name}, who is not there; name another with --user or --context"
            ))),
        },
        (None, _, _) => Ok(None),
    }
}

/// The client certificate, of the flags or of a user.
fn identity(
    args: &args::Connection,
    user: Option<&User>,
    base: &dyn Fn(&str) -> PathBuf,
    named: &str,
) -> Result<Option<Identity>, Failure> {
    let flag = |flag: &Option<String>, what| {
        given(flag).map(|file| read(Path::new(file), what)).transpose()
    };
    let of_user =
        |data: Option<&str>, file: Option<&String>, field: &str, what: &str| match (data, file) {
            (Some(data), _) => decode(data, field, named).map(Some),
            (None, Some(file)) => read(&base(file), what).map(Some),
            (None, None) => Ok(None),
        };
    let certificate = match (flag(&args.client_certificate, "the client certificate")?, user) {
        (None, Some(user)) => of_user(
            user.client_certificate_data.as_deref(),
            user.client_certificate.as_ref(),
            "client-certificate-data",
            "the client certificate",
        )?,
        (certificate, _) => certificate,
    };
    let key = match (flag(&args.client_key, "the client key")?, user) {
        (None, Some(user)) => of_user(
            user.client_key_data.as_ref().map(Secret::reveal),
            user.client_key.as_ref(),
            "client-key-data",
            "the client key",
        )?,
        (key, _) => key,
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let key = String::from_utf8_lossy(&key).into_owned().into();
            Ok(Some(Identity { certificate, key }))
        }
        (Some(_), None) => Err(Failure::no(format!(
            "there is a client certificate and no key for it: name one with --client-key, or in {named}"
        ))),
        // A key alone is not looked at, as in client-go.
        (None, _) => Ok(None),
    }
}

/// The headers of impersonation.
fn impersonation(
    args: &args::Connection,
    user: &mut User,
) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
    let name = given(&args.impersonate).or(user.impersonate.as_deref());
    let uid = given(&args.as_uid).or(user.as_uid.as_deref());
    let groups = match args.as_group.as_slice() {
        [] => user.as_groups.as_deref().unwrap_or_default(),
        groups => groups,
    };
    let mut extra = user.as_user_extra.take().unwrap_or_default();
    for (key, _) in &args.as_user_extra {
        extra.remove(key);
    }
    for (key, value) in &args.as_user_extra {
        extra.entry(key.clone()).or_default().push(value.clone());
    }
    let Some(name) = name else {
        if uid.is_some() || !groups.is_empty() || !extra.is_empty() {
            return Err(Failure::no(
                "a uid, groups or further attributes are impersonated, and no user: name one with --as",
            ));
        }
        return Ok(Vec::new());
    };
    let mut headers = vec![header("impersonate-user", name)?];
    if let Some(uid) = uid {
        headers.push(header("impersonate-uid", uid)?);
    }
    for group in groups {
        headers.push(header("impersonate-group", group)?);
    }
    for (key, values) in &extra {
        let key = format!("impersonate-extra-{}", escaped(key));
        for value in values {
            headers.push(header(&key, value)?);
        }
    }
    Ok(headers)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let wrong =
        || Failure::no(format!("{value:?} cannot be impersonated: it does not fit into a header"));
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
    Ok((name, HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?))
}

/// A key as client-go writes it into the name of a header; the server makes its letters small.
fn escaped(key: &str) -> String {
    let mut escaped = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            escaped.push(char::from(byte.to_ascii_lowercase()));
        } else {
            escaped.push_str(&format!("%{byte:02x}"));
        }
    }
    escaped
}

fn plugin(
    mut exec: Exec,
    named: &str,
    base: &dyn Fn(&str) -> PathBuf,
    cluster: Cluster,
) -> Result<Plugin, Failure> {
    if exec.command.is_empty() {
        return Err(Failure::no(format!(
            "{named} gets its credentials from a plugin and names no command"
        )));
    }
    if exec.command.contains(std::path::MAIN_SEPARATOR) {
        exec.command = base(&exec.command).to_string_lossy().into_owned();
    }
    let cluster = exec.provide_cluster_info.then_some(cluster);
    Ok(Plugin { user: named.to_owned(), exec, cluster })
}

/// The token of a way to log in that is, or was, built into kubectl.
///
/// A token of OIDC is taken as it is and never renewed: many providers make the refresh token
/// useless by that, and it would have to be written back into the kubeconfig.
fn built_in(provider: &AuthProvider, named: &str) -> Result<Secret, Failure> {
    let failed = |what: &str| {
        Failure::no(format!("{named} logs in through the auth-provider {}: {what}", provider.name))
    };
    match provider.name.as_str() {
        "oidc" => {
            let token = provider.config.as_ref().and_then(|config| config.get("id-token"));
            let Some(token) = token.filter(|token| !token.is_empty()) else {
                return Err(failed("there is no id-token yet; any command of kubectl fetches one"));
            };
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            if expiry(token).is_some_and(|expiry| expiry <= now) {
                return Err(failed("its token has expired; any command of kubectl renews it"));
            }
            Ok(token.as_str().into())
        }
        "gcp" => Err(failed("kubectl has that no more; use the plugin gke-gcloud-auth-plugin")),
        "azure" => Err(failed("kubectl has that no more; use the plugin kubelogin")),
        _ => Err(failed("that is not known; use a credential plugin, or --token")),
    }
}

/// When a JSON web token ends, in seconds of Unix.
fn expiry(token: &str) -> Option<u64> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<serde_json::Value>(&claims).ok()?.get("exp")?.as_u64()
}

fn secret(flag: &Option<Secret>) -> Option<&Secret> {
    flag.as_ref().filter(|secret| !secret.reveal().is_empty())
}
