//! From flags, kubeconfig and environment to one server, by the rules of client-go.
//!
//! The context names a cluster, a user and a namespace; flags override each part by itself. Where
//! no server is known that way, the pod that we run in may name one.

use std::path::{Path, PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::Uri;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{
    environment::Environment,
    exec,
    kubeconfig::{Cluster, Context, Entry, Kubeconfig, Section},
    login::{self, Login},
    proxy::{self, Proxy},
    trouble::Names,
};
use crate::{args, exit::Failure};

/// A server, the way to it, and who we are to it.
#[derive(Debug)]
pub(super) struct Target {
    /// Its address.
    pub(super) url: Uri,
    /// The namespace that is meant where none is named.
    pub(super) namespace: String,
    /// Whose certificates are believed.
    pub(super) trust: Trust,
    /// The name that the certificate must be for, if it is not that of the address.
    pub(super) tls_name: Option<String>,
    /// The proxy on the way.
    pub(super) proxy: Option<Proxy>,
    /// Whether answers may be compressed.
    pub(super) compressed: bool,
    /// Who we are.
    pub(super) login: Login,
    /// How messages name all that.
    pub(super) names: Names,
}

/// Whose certificates are believed.
#[derive(Debug)]
pub(super) enum Trust {
    /// Those of the authorities that this machine knows.
    System,
    /// Those of these authorities, in DER; where a file is named it is read again in time.
    Authorities(Vec<Vec<u8>>, Option<PathBuf>),
    /// Anyone's: the user wants it so, or there is no TLS.
    Anyone,
}

/// What a flag says, if it says anything.
pub(super) fn given(flag: &Option<String>) -> Option<&str> {
    flag.as_deref().filter(|text| !text.is_empty())
}

/// Finds the server that the flags and the environment mean.
pub(super) fn find(
    args: &args::Connection,
    namespace: Option<&str>,
    env: &Environment,
) -> Result<Target, Failure> {
    let config = Kubeconfig::read(given(&args.kubeconfig), env)?;
    let context_entry = context(&config, args)?;
    let context = context_entry.map(Entry::read::<Context>).transpose()?.unwrap_or_default();
    let cluster_entry = cluster(&config, args, context_entry, &context)?;
    let mut cluster = cluster_entry.map(Entry::read::<Cluster>).transpose()?.unwrap_or_default();
    let pod = Pod::of(env);

    let mut origin = match (given(&args.server), context_entry, cluster_entry) {
        (Some(_), _, _) => "--server".to_owned(),
        (None, Some(entry), _) if given(&args.cluster).is_none() => entry.to_string(),
        (None, _, Some(entry)) => entry.to_string(),
        (None, _, None) => String::new(),
    };
    let mut in_pod = None;
    let server = match (given(&args.server), cluster.server.take(), cluster_entry, pod.as_ref()) {
        (Some(server), _, _, _) => server.to_owned(),
        (None, Some(server), _, _) => server,
        (None, None, Some(entry), _) => {
            return Err(Failure::no(format!(
                "{entry} names no server; add one, or name it with --server"
            )));
        }
        (None, None, None, Some(pod)) => {
            origin = "KUBERNETES_SERVICE_HOST".to_owned();
            in_pod = Some(pod);
            pod.server.clone()
        }
        (None, None, None, None) => return Err(nothing(&config, env)),
    };
    let url = address(&server, &origin)?;
    let is_tls = url.scheme_str() == Some("https");

    let base = |file: &str| cluster_entry.map_or_else(|| PathBuf::from(file), |it| it.path(file));
    let (authority, data, unchecked) =
        match (given(&args.certificate_authority), args.insecure_skip_tls_verify) {
            (file @ Some(_), unchecked) => {
                (file.map(PathBuf::from), None, unchecked.unwrap_or_default())
            }
            (None, Some(true)) => (None, None, true),
            (None, unchecked) => (
                cluster
                    .certificate_authority
                    .as_deref()
                    .map(base)
                    .or_else(|| in_pod.map(|pod| pod.authority.clone())),
                cluster.certificate_authority_data.as_deref(),
                unchecked.or(cluster.insecure_skip_tls_verify).unwrap_or_default(),
            ),
        };
    if unchecked && (authority.is_some() || data.is_some()) {
        return Err(Failure::no(format!(
            "{origin} names an authority for certificates and says not to check them: take one of the two out, or say --insecure-skip-tls-verify"
        )));
    }
    let pem = match (data, &authority) {
        _ if !is_tls => None,
        (Some(data), _) => Some(decode(data, "certificate-authority-data", &origin)?),
        (None, Some(file)) => Some(read(file, "the certificate authority")?),
        (None, None) => None,
    };
    let trust = match &pem {
        _ if !is_tls || unchecked => Trust::Anyone,
        Some(pem) => {
            let reread = in_pod.filter(|pod| authority.as_ref() == Some(&pod.authority));
            let place = authority.as_deref().filter(|_| data.is_none()).map(Path::display);
            let place = place.map_or_else(|| origin.clone(), |file| file.to_string());
            Trust::Authorities(authorities(pem, &place)?, reread.map(|pod| pod.authority.clone()))
        }
        None => Trust::System,
    };
    let tls_name = match (given(&args.tls_server_name), given(&args.server)) {
        (Some(name), _) => Some(name.to_owned()),
        // The name in the kubeconfig is that of the server in the kubeconfig.
        (None, Some(_)) => None,
        (None, None) => cluster.tls_server_name,
    };
    let proxy_url = given(&args.proxy_url).or(cluster.proxy_url.as_deref());
    let proxy = proxy::choose(&url, proxy_url, &env.proxies)?;
    let compressed = !args.disable_compression.or(cluster.disable_compression).unwrap_or_default();

    let shown = url.to_string().trim_end_matches('/').to_owned();
    let told = exec::Cluster {
        server: server.clone(),
        tls_server_name: tls_name.clone(),
        insecure_skip_tls_verify: unchecked,
        certificate_authority_data: pem.map(|pem| BASE64_STANDARD.encode(pem)),
        proxy_url: proxy_url.map(str::to_owned),
        disable_compression: !compressed,
        config: cluster.extensions.unwrap_or_default().into_iter().find_map(|it| {
            (it.name == "client.authentication.k8s.io/exec").then_some(it.extension)
        }),
    };
    let login = login::find(
        args,
        login::Sources {
            config: &config,
            user: context.user.as_deref(),
            context: context_entry,
            service_account: in_pod.map(|pod| pod.token.as_path()),
            cluster: told,
            is_tls,
        },
    )?;
    Ok(Target {
        namespace: namespace
            .map(str::to_owned)
            .or(context.namespace)
            .or_else(|| pod.map(|pod| pod.namespace))
            .unwrap_or_else(|| "default".to_owned()),
        names: Names {
            server: shown,
            proxy: proxy.as_ref().map(|proxy| proxy.shown.clone()),
            origin,
            login: login.shown.clone(),
        },
        url,
        trust,
        tls_name,
        proxy,
        compressed,
        login,
    })
}

/// The entry of a name that a flag gives.
pub(super) fn known<'a>(
    section: &'a Section,
    kind: &str,
    name: &str,
    config: &Kubeconfig,
) -> Result<&'a Entry, Failure> {
    section.get(name).ok_or_else(|| {
        let there = match (section.is_empty(), config.files.is_empty()) {
            (_, true) => "there is no kubeconfig; name one with --kubeconfig".to_owned(),
            (true, false) => format!("{} has none", config.named()),
            (false, false) => format!("{} has {}", config.named(), section.names()),
        };
        Failure::no(format!("there is no {kind} {name}: {there}"))
    })
}

/// Reads a file that a setting names.
pub(super) fn read(file: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(file)
        .map_err(|error| Failure::no(format!("cannot read {what} {}: {error}", file.display())))
}

/// Reads what stands inside of a kubeconfig in base64.
pub(super) fn decode(text: &str, field: &str, origin: &str) -> Result<Vec<u8>, Failure> {
    let text: String = text.split_whitespace().collect();
    BASE64_STANDARD
        .decode(text)
        .map_err(|error| Failure::no(format!("the {field} of {origin} is no base64: {error}")))
}

/// The context that counts, if there is one.
fn context<'a>(
    config: &'a Kubeconfig,
    args: &args::Connection,
) -> Result<Option<&'a Entry>, Failure> {
    match (given(&args.context), &config.current) {
        (Some(name), _) => known(&config.contexts, "context", name, config).map(Some),
        (None, Some(name)) => known(&config.contexts, "current context", name, config).map(Some),
        (None, None) => Ok(None),
    }
}

/// The cluster that counts, if there is one.
fn cluster<'a>(
    config: &'a Kubeconfig,
    args: &args::Connection,
    entry: Option<&Entry>,
    context: &Context,
) -> Result<Option<&'a Entry>, Failure> {
    let cluster = match (given(&args.cluster), &context.cluster) {
        (Some(name), _) => known(&config.clusters, "cluster", name, config)?,
        (None, Some(name)) => match (config.clusters.get(name), given(&args.server), entry) {
            (Some(cluster), _, _) => cluster,
            (None, Some(_), _) => return Ok(None),
            (None, None, Some(entry)) => {
                return Err(Failure::no(format!(
                    "{entry} names the cluster {name}, which is not there; name another with --cluster or --context"
                )));
            }
            (None, None, None) => return Ok(None),
        },
        (None, None) => return Ok(None),
    };
    Ok(Some(cluster))
}

/// The failure to find any cluster.
fn nothing(config: &Kubeconfig, env: &Environment) -> Failure {
    let way_out = "name one with --kubeconfig, or read files with -f";
    let files = config.named();
    Failure::no(if !config.contexts.is_empty() && config.current.is_none() {
        let names = config.contexts.names();
        format!("{files} has no current context: name one of {names} with --context")
    } else if !config.files.is_empty() {
        format!("no cluster is configured: {files} names none; {way_out}")
    } else if env.kubeconfig.is_some() {
        let missing: Vec<_> = config.missing.iter().map(|it| it.display().to_string()).collect();
        let missing = missing.join(", ");
        format!(
            "no cluster is configured: KUBECONFIG names {missing}, and nothing is there; {way_out}"
        )
    } else {
        format!(
            "no cluster is configured: KUBECONFIG is not set and ~/.kube/config is not there; {way_out}"
        )
    })
}

/// The address of a server. One without a scheme is plain HTTP, as in client-go.
fn address(server: &str, origin: &str) -> Result<Uri, Failure> {
    let text = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
    let url = text.parse::<Uri>().ok().filter(|url| {
        matches!(url.scheme_str(), Some("http" | "https"))
            && url.authority().is_some_and(|it| !it.host().is_empty() && !it.as_str().contains('@'))
    });
    url.ok_or_else(|| {
        Failure::no(format!(
            "{server:?} of {origin} is no address of an API server; it has the form https://HOST:PORT"
        ))
    })
}

/// The certificates of a bundle, in DER. Go passes over those that it cannot use as well.
fn authorities(pem: &[u8], place: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let mut store = RootCertStore::empty();
    let usable = CertificateDer::pem_slice_iter(pem)
        .flatten()
        .filter(|certificate| store.add(certificate.clone()).is_ok());
    let usable: Vec<Vec<u8>> = usable.map(|certificate| certificate.to_vec()).collect();
    if usable.is_empty() {
        return Err(Failure::no(format!("{place} holds no certificate of an authority in PEM")));
    }
    Ok(usable)
}

/// What a pod knows of its cluster.
struct Pod {
    server: String,
    token: PathBuf,
    authority: PathBuf,
    namespace: String,
}

impl Pod {
    fn of(env: &Environment) -> Option<Self> {
        let (host, port) = env.service.as_ref()?;
        let account = &env.service_account;
        let token = account.join("token");
        if !token.is_file() {
            return None;
        }
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let namespace = std::fs::read_to_string(account.join("namespace")).unwrap_or_default();
        let namespace = env.pod_namespace.as_deref().unwrap_or(namespace.trim());
        Some(Self {
            server: format!("https://{host}:{port}"),
            token,
            authority: account.join("ca.crt"),
            namespace: if namespace.is_empty() { "default" } else { namespace }.to_owned(),
        })
    }
}
