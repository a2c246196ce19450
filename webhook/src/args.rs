//! The settings: flags, each also an environment variable.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use clap::{Parser, ValueEnum};
use meshroute::{lint, profile::Mesh};

use crate::{
    log::Format,
    review::{InUse, Policy},
    tls,
};

/// Keeps malformed mesh routes out of a cluster.
#[derive(Debug, Parser)]
#[command(name = "meshroute-webhook", version, max_term_width = 100)]
pub struct Args {
    /// Address of /validate and /mutate, over HTTPS
    #[arg(long, value_name = "ADDR", env = "MESHROUTE_LISTEN", default_value = "0.0.0.0:9443", value_parser = address)]
    pub listen: SocketAddr,

    /// Address of /livez, /readyz and /metrics, over HTTP
    #[arg(long, value_name = "ADDR", env = "MESHROUTE_ADMIN_LISTEN", default_value = "127.0.0.1:9444", value_parser = address)]
    pub admin_listen: SocketAddr,

    /// Where the certificate comes from
    #[arg(long, value_name = "MODE", env = "MESHROUTE_TLS", default_value = "auto")]
    pub tls: Tls,

    /// Certificate chain as PEM, with --tls files
    #[arg(long, value_name = "FILE", env = "MESHROUTE_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,

    /// Private key as PEM, with --tls files
    #[arg(long, value_name = "FILE", env = "MESHROUTE_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// Writes the certificate of the own authority to a file, with --tls self-signed
    #[arg(long, value_name = "FILE", env = "MESHROUTE_CA_OUT")]
    pub ca_out: Option<PathBuf>,

    /// The oldest version of TLS that is spoken
    #[arg(long, value_name = "VERSION", env = "MESHROUTE_TLS_MIN", default_value = "1.2")]
    pub tls_min: tls::Version,

    /// Authorities as PEM, read again when they change: only clients with a certificate of theirs may ask
    #[arg(long, value_name = "FILE", env = "MESHROUTE_CLIENT_CA")]
    pub client_ca: Option<PathBuf>,

    /// Common names, or names of DNS, of those clients: any, unless some are given
    #[arg(long, value_name = "NAME,…", env = "MESHROUTE_CLIENT_NAME", value_delimiter = ',')]
    pub client_name: Vec<String>,

    /// Secret of the authority, with --tls auto; it is made where there is none
    #[arg(long, value_name = "NAME", env = "MESHROUTE_TLS_SECRET", default_value = "meshroute-webhook-ca", value_parser = object)]
    pub tls_secret: String,

    /// Names in the certificate, beside localhost [default: those of a Service meshroute-webhook]
    #[arg(long, value_name = "NAME,…", env = "MESHROUTE_TLS_NAME", value_delimiter = ',', value_parser = tls::names::read)]
    pub tls_name: Vec<String>,

    /// Name of both webhook configurations, which get the authority with --tls auto
    #[arg(long, value_name = "NAME", env = "MESHROUTE_WEBHOOK_CONFIGURATION", default_value = "meshroute", value_parser = object)]
    pub webhook_configuration: String,

    /// Own namespace [default: that of the service account or of the kubeconfig]
    #[arg(long, value_name = "NAME", env = "MESHROUTE_NAMESPACE", value_parser = object)]
    pub namespace: Option<String>,

    /// How long the authority of --tls auto lasts: for tests of its end
    #[arg(long, value_name = "SECONDS", env = "MESHROUTE_TLS_AUTHORITY_LIFE", default_value = "31536000", value_parser = life, hide = true)]
    pub tls_authority_life: Duration,

    /// How long a certificate of --tls auto lasts: for tests of its end
    #[arg(long, value_name = "SECONDS", env = "MESHROUTE_TLS_LEAF_LIFE", default_value = "604800", value_parser = life, hide = true)]
    pub tls_leaf_life: Duration,

    /// Whether to read Services and other routes from a cluster
    #[arg(long, value_name = "MODE", env = "MESHROUTE_CLUSTER", default_value = "auto")]
    pub cluster: Cluster,

    /// The meshes in use: auto, or names with commas between them
    #[arg(long, value_name = "auto|NAME,…", env = "MESHROUTE_MESH", default_value = "auto")]
    pub mesh: Meshes,

    /// What an error does to a write
    #[arg(long, value_name = "MODE", env = "MESHROUTE_ENFORCE", default_value = "deny")]
    pub enforce: Enforce,

    /// Which findings the annotation meshroute.dev/ignore may silence
    #[arg(long, value_name = "WHAT", env = "MESHROUTE_IGNORE", default_value = "warnings")]
    pub ignore: Ignore,

    /// Changes levels of lints: MR052=off,MR083=warning
    #[arg(long, value_name = "CODE=LEVEL", env = "MESHROUTE_LEVEL", value_delimiter = ',', value_parser = level)]
    pub level: Vec<String>,

    /// Seconds between SIGTERM and the end of accepting, for the cluster to take the replica out
    #[arg(long, value_name = "SECONDS", env = "MESHROUTE_SHUTDOWN_DELAY", default_value = "10", value_parser = pause)]
    pub shutdown_delay: Duration,

    /// Seconds after which a connection ends with its next answer, a tenth more or less; 0 for never
    #[arg(long, value_name = "SECONDS", env = "MESHROUTE_MAX_CONNECTION_AGE", default_value = "600", value_parser = age)]
    pub max_connection_age: Duration,

    /// How log lines are written
    #[arg(long, value_name = "FORMAT", env = "MESHROUTE_LOG", default_value = "text")]
    pub log: Format,
}

impl Args {
    /// Checks what one flag demands of another.
    ///
    /// # Errors
    ///
    /// Says which flags do not go together, or which one is missing.
    pub fn check(&self) -> Result<(), String> {
        let files = [("--tls-cert", &self.tls_cert), ("--tls-key", &self.tls_key)];
        for (flag, file) in files {
            match (self.tls, file) {
                (Tls::Files, None) => return Err(format!("--tls files needs {flag}")),
                (Tls::Auto | Tls::SelfSigned, Some(_)) => {
                    return Err(format!("{flag} needs --tls files"));
                }
                (Tls::Files, Some(_)) | (Tls::Auto | Tls::SelfSigned, None) => {}
            }
        }
        if self.ca_out.is_some() && self.tls != Tls::SelfSigned {
            return Err("--ca-out needs --tls self-signed".to_owned());
        }
        if self.client_ca.is_none() && !self.client_name.is_empty() {
            return Err("--client-name needs --client-ca".to_owned());
        }
        // The authority of `auto` lives in a Secret, so that all replicas share it.
        if self.tls == Tls::Auto && self.cluster == Cluster::None {
            return Err(
                "--cluster none needs --tls self-signed or --tls files: auto keeps its authority in a Secret"
                    .to_owned(),
            );
        }
        // With port 0 the system chooses, and never the same port twice.
        let same_port = self.listen.port() == self.admin_listen.port() && self.listen.port() != 0;
        if same_port && overlap(self.listen, self.admin_listen) {
            return Err(format!(
                "--listen {} and --admin-listen {} are one address",
                self.listen, self.admin_listen
            ));
        }
        Ok(())
    }

    /// What clients have to bring.
    pub fn terms(&self) -> tls::Terms {
        let terms = tls::Terms::new(self.tls_min);
        match &self.client_ca {
            Some(file) => terms.only(file.clone(), self.client_name.clone()),
            None => terms,
        }
    }

    /// How old a connection may become.
    pub fn age(&self) -> Option<Duration> {
        Some(self.max_connection_age).filter(|age| !age.is_zero())
    }

    /// What reviews are judged by.
    ///
    /// # Errors
    ///
    /// Says which level there is not.
    pub fn policy(&self) -> Result<Policy, String> {
        let mut levels = lint::Levels::default();
        for text in &self.level {
            levels.set(text)?;
        }
        let meshes = match (&self.mesh, self.cluster) {
            (Meshes::Named(meshes), _) => InUse::Named(meshes.clone()),
            // Nothing shows a mesh, and nothing ever will.
            (Meshes::Auto, Cluster::None) => InUse::Named(vec![Mesh::Spec]),
            (Meshes::Auto, Cluster::Auto) => InUse::Shown,
        };
        let ignore = match self.ignore {
            Ignore::Warnings => lint::Ignore::Warnings,
            Ignore::All => lint::Ignore::All,
            Ignore::None => lint::Ignore::None,
        };
        let api = lint::Told::default();
        Ok(Policy { meshes, enforce: self.enforce, ignore, levels, api })
    }
}

/// Whether a listener on one host keeps the other from the same port.
fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified()
}

/// Where the certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tls {
    /// An own authority, kept in a Secret and rotated
    Auto,
    /// The files of --tls-cert and --tls-key, read again when they change
    Files,
    /// An own authority, kept in memory
    SelfSigned,
}

/// Whether a cluster is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Cluster {
    /// The cluster that the process runs in, or that the kubeconfig names
    Auto,
    /// Each route is judged by itself
    None,
}

/// What an error does to a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Enforce {
    /// The write is denied
    #[default]
    Deny,
    /// The write goes through with a warning
    Warn,
}

/// Which findings an object may silence by its annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ignore {
    /// Warnings, but no errors
    Warnings,
    /// Warnings and errors
    All,
    /// Nothing
    None,
}

/// The meshes whose behaviour decides what is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meshes {
    /// Those that the cluster shows.
    Auto,
    /// These, whatever the cluster shows; never empty, no name twice.
    Named(Vec<Mesh>),
}

impl FromStr for Meshes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let mut meshes = Vec::new();
        for name in text.split(',') {
            let mesh = name.parse::<Mesh>().map_err(|problem| problem.to_string())?;
            if meshes.contains(&mesh) {
                return Err(format!("{name} is there twice"));
            }
            meshes.push(mesh);
        }
        Ok(Self::Named(meshes))
    }
}

/// Whether the library knows the lint and the level.
fn level(text: &str) -> Result<String, String> {
    lint::Levels::default().set(text).map(|()| text.to_owned())
}

/// At most two minutes: a cluster kills a process that takes much longer to end.
fn pause(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 120);
    seconds.map(Duration::from_secs).ok_or_else(|| "not a number of seconds up to 120".to_owned())
}

/// At most a day: longer is never.
fn age(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 86_400);
    seconds.map(Duration::from_secs).ok_or_else(|| "not a number of seconds up to 86400".to_owned())
}

/// Seconds, at most a hundred years.
fn life(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (1..=3_153_600_000).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| "not a number of seconds".to_owned())
}

/// The name of an object of Kubernetes.
fn object(text: &str) -> Result<String, String> {
    let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let ends = |text: &str| text.starts_with(is_inside) && text.ends_with(is_inside);
    let is_name = text.len() <= 253
        && text.chars().all(|c| is_inside(c) || c == '-' || c == '.')
        && text.split('.').all(ends);
    let problem = || "not a name of an object: small letters, digits, - and .".to_owned();
    is_name.then(|| text.to_owned()).ok_or_else(problem)
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "not IP:PORT, such as 0.0.0.0:9443 or [::]:9443".to_owned())
}

/// Returns what is wrong with a command line as one line, without the usage that clap adds.
pub fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let ends =
        |line: &&str| !line.starts_with("Usage:") && !line.starts_with("For more information");
    let lines = text.lines().map(str::trim).take_while(ends).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join(" ");
    format!("{} (see --help)", line.strip_prefix("error: ").unwrap_or(&line))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn read(flags: &str) -> Result<Args, String> {
        let words = std::iter::once("meshroute-webhook").chain(flags.split_whitespace());
        Args::try_parse_from(words).map_err(|error| one_line(&error))
    }

    fn parse(flags: &str) -> Result<Args, String> {
        let args = read(flags)?;
        args.check().map(|()| args)
    }

    fn refused(flags: &str) -> String {
        parse(flags).expect_err("these flags are refused")
    }

    #[test]
    fn defaults_are_those_of_a_cluster() {
        let args = read("").expect("no flag is needed");
        assert_eq!(args.listen.to_string(), "0.0.0.0:9443");
        assert_eq!(args.admin_listen.to_string(), "127.0.0.1:9444");
        assert_eq!((args.tls, args.cluster), (Tls::Auto, Cluster::Auto));
        assert_eq!((args.enforce, args.ignore), (Enforce::Deny, Ignore::Warnings));
        assert_eq!((args.mesh, args.level), (Meshes::Auto, Vec::new()));
        assert_eq!(args.log, Format::Text);
    }

    #[test]
    fn a_laptop_needs_neither_cluster_nor_files() {
        parse("--tls self-signed --ca-out ca.pem --cluster none").expect("these go together");
    }

    #[test]
    fn every_flag_has_an_environment_variable() {
        let command = Args::command();
        let flags = command.get_arguments().filter(|arg| arg.get_id() != "help");
        for flag in flags.filter(|arg| arg.get_id() != "version") {
            let long = flag.get_long().expect("every setting is a long flag");
            let name = format!("MESHROUTE_{}", long.replace('-', "_").to_uppercase());
            assert_eq!(flag.get_env().and_then(|env| env.to_str()), Some(name.as_str()));
        }
        command.debug_assert();
    }

    #[test]
    fn lists_are_read() {
        let args = read("--mesh istio,istio-ambient --level MR052=off,MR083=warning")
            .expect("both lists are right");
        let policy = args.policy().expect("both levels are there");
        assert_eq!(policy.meshes, InUse::Named(vec![Mesh::Istio, Mesh::IstioAmbient]));
        assert_eq!(policy.levels.of("MR052"), Some(lint::Level::Off));
        assert_eq!(policy.levels.of("MR083"), Some(lint::Level::Warning));
    }

    #[test]
    fn without_a_cluster_there_is_no_mesh_to_find() {
        let meshes = |flags: &str| read(flags).expect("right").policy().expect("right").meshes;
        assert_eq!(meshes("--cluster none"), InUse::Named(vec![Mesh::Spec]));
        assert_eq!(meshes("--cluster none --mesh kuma"), InUse::Named(vec![Mesh::Kuma]));
        assert_eq!(meshes("--cluster auto"), InUse::Shown);
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for (flags, problem) in [
            ("--tls files", "--tls files needs --tls-cert"),
            ("--tls files --tls-cert a", "--tls files needs --tls-key"),
            ("--tls-key a", "--tls-key needs --tls files"),
            ("--client-name a", "--client-name needs --client-ca"),
            ("--ca-out a", "--ca-out needs --tls self-signed"),
            (
                "--cluster none",
                "--cluster none needs --tls self-signed or --tls files: auto keeps its authority in a Secret",
            ),
            (
                "--admin-listen 127.0.0.1:9443",
                "--listen 0.0.0.0:9443 and --admin-listen 127.0.0.1:9443 are one address",
            ),
            (
                "--tls-name a,b_c!",
                "invalid value 'b_c!' for '--tls-name <NAME,…>': neither a name of DNS nor an address of IP (see --help)",
            ),
            (
                "--tls-secret A",
                "invalid value 'A' for '--tls-secret <NAME>': not a name of an object: small letters, digits, - and . (see --help)",
            ),
            (
                "--listen :9443",
                "invalid value ':9443' for '--listen <ADDR>': not IP:PORT, such as 0.0.0.0:9443 or [::]:9443 (see --help)",
            ),
            (
                "--enforce denny",
                "invalid value 'denny' for '--enforce <MODE>' [possible values: deny, warn] tip: a similar value exists: 'deny' (see --help)",
            ),
            (
                "--mesh istio,envoy",
                "invalid value 'istio,envoy' for '--mesh <auto|NAME,…>': unknown mesh \"envoy\": one of spec, istio, istio-ambient, linkerd, cilium, kuma, kgateway (see --help)",
            ),
            (
                "--mesh kuma,kuma",
                "invalid value 'kuma,kuma' for '--mesh <auto|NAME,…>': kuma is there twice (see --help)",
            ),
            (
                "--level MR52=off",
                "invalid value 'MR52=off' for '--level <CODE=LEVEL>': there is no lint \"MR52\" (see --help)",
            ),
            (
                "--level MR052=warn",
                "invalid value 'MR052=warn' for '--level <CODE=LEVEL>': unknown level \"warn\": one of off, info, warning, error (see --help)",
            ),
            (
                "--shutdown-delay 10s",
                "invalid value '10s' for '--shutdown-delay <SECONDS>': not a number of seconds up to 120 (see --help)",
            ),
            ("serve", "unexpected argument 'serve' found (see --help)"),
        ] {
            assert_eq!(refused(flags), problem, "{flags}");
        }
    }

    #[test]
    fn auto_is_no_name_among_names() {
        assert!(refused("--mesh istio,auto").contains("unknown mesh \"auto\""));
    }

    #[test]
    fn two_ports_that_the_system_chooses_are_two_addresses() {
        parse("--tls self-signed --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0")
            .expect("port 0 is any port");
    }
}
