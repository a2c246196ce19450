//! The admission webhook of meshroute.
//!
//! It answers reviews of an API server over HTTPS, and probes over HTTP on an address of their own.
//! What surrounds a route it reads from the cluster, and keeps up to date ([`cache`]).

pub mod admin;
pub mod admission;
pub mod args;
pub mod cache;
mod chance;
pub mod kubernetes;
pub mod log;
pub mod metrics;
pub mod program;
pub mod review;
pub mod serve;
pub mod stop;
pub mod supervise;
pub mod tls;

use std::{
    ffi::OsString,
    io::Write,
    panic::{self, PanicHookInfo},
    sync::Arc,
    time::SystemTime,
};

use clap::Parser as _;
use jiff::{Timestamp, tz::TimeZone};
use meshroute::cluster::Cluster;

use crate::{
    admission::Judge,
    args::{Args, Tls},
    cache::Cache,
    kubernetes::Kubernetes,
    log::{Level, Log},
    program::{Outcome, Program, Sight},
    review::{Policy, View},
    serve::Limits,
    stop::Signals,
    tls::{Files, Rules, Shared, Signer, Source},
};

/// It did what it was asked to do: served until it was told to stop, or printed help.
pub const STOPPED: u8 = 0;

/// It served, and serving ended without a request to stop.
pub const BROKE: u8 = 1;

/// It could not start: a bad setting, or an address that cannot be had.
pub const FAILED: u8 = 2;

/// Runs the program until a signal stops it and returns its exit code.
///
/// Help and version go to `out`, every other line to `err`.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    mut err: impl Write + Send + 'static,
) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) if !error.use_stderr() => {
            // A reader that closed the pipe has seen enough.
            let _ = write!(out, "{error}");
            return STOPPED;
        }
        Err(error) => return refuse(&mut err, &args::one_line(&error)),
    };
    let policy = match args.check().and_then(|()| args.policy()) {
        Ok(policy) => policy,
        Err(problem) => return refuse(&mut err, &problem),
    };
    // One thread that reads requests, and one that answers probes meanwhile, is the least.
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get().max(2));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&mut err, &format!("cannot start the runtime: {error}")),
    };
    let code = runtime.block_on(start(&args, policy, err));
    // What still runs is a review that nobody waits for any more.
    runtime.shutdown_background();
    code
}

/// Opens what is to be opened, says what is and what is not served, and serves.
async fn start(args: &Args, policy: Policy, mut err: impl Write + Send + 'static) -> u8 {
    let opened = async {
        let signals =
            Signals::new().map_err(|error| format!("cannot listen for signals: {error}"))?;
        let admin = serve::bind(args.admin_listen, "--admin-listen").await?;
        let admission = serve::bind(args.listen, "--listen").await?;
        let kubernetes = match args.cluster {
            args::Cluster::Auto => Some(Kubernetes::open(args.namespace.as_deref()).await?),
            args::Cluster::None => None,
        };
        let source = source(args, kubernetes.as_ref())?;
        Ok::<_, String>((signals, source, admin, admission, kubernetes))
    };
    let (signals, source, admin, admission, kubernetes) = match opened.await {
        Ok(opened) => opened,
        Err(problem) => return refuse(&mut err, &problem),
    };
    let log = Log::new(args.log, err);
    log_panics(log.clone());
    let addresses = (serve::address(&admission), serve::address(&admin));
    let sight = kubernetes.map(|kubernetes| Sight {
        kubernetes,
        cache: Arc::default(),
        policy: policy.clone(),
    });
    let program = Program {
        admission,
        admin,
        source,
        terms: args.terms(),
        judge: judge(policy, sight.as_ref().map(|sight| Arc::clone(&sight.cache))),
        sight,
        limits: Limits { age: args.age(), ..Limits::default() },
        pause: args.shutdown_delay,
        log: log.clone(),
    };
    let fields = [("listen", addresses.0.as_str()), ("admin", addresses.1.as_str())];
    log.line(Level::Info, "started", &fields);
    let outcome = program.run(|phase, pause| signals.follow(phase, pause)).await;
    let code = match outcome {
        Outcome::Stopped => {
            log.line(Level::Info, "stopped", &[]);
            STOPPED
        }
        Outcome::Cut => {
            log.line(Level::Warning, "stopped at once, as asked twice", &[]);
            STOPPED
        }
        Outcome::Broke(task) => {
            log.line(Level::Error, "serving ended", &[("task", task)]);
            BROKE
        }
    };
    log.flush();
    code
}

/// A panic is an event like others: one line, with the place.
fn log_panics(log: Log) {
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        let text = info.payload_as_str().unwrap_or("no text");
        log.line(Level::Error, "panic", &[("at", &place), ("error", text)]);
    }));
}

/// Where the certificate comes from.
fn source(args: &Args, kubernetes: Option<&Kubernetes>) -> Result<Source, String> {
    let namespace = kubernetes.map(|it| it.namespace.as_str()).or(args.namespace.as_deref());
    let names = tls::names::names(&args.tls_name, namespace);
    match (args.tls, &args.tls_cert, &args.tls_key, kubernetes) {
        (Tls::Files, Some(certificate), Some(key), _) => {
            Ok(Source::Files(Files::new(certificate.clone(), key.clone(), args.tls_name.clone())))
        }
        (Tls::SelfSigned, _, _, _) => {
            let signer = Signer::own(names, SystemTime::now())
                .map_err(|error| format!("cannot make a certificate: {error}"))?;
            if let Some(path) = &args.ca_out {
                signer.write_authority(path)?;
            }
            Ok(Source::Own(Box::new(signer)))
        }
        (Tls::Auto, _, _, Some(kubernetes)) => {
            let rules = Rules::new(names, args.tls_authority_life, args.tls_leaf_life);
            let (secret, configuration) = (&args.tls_secret, &args.webhook_configuration);
            Ok(Source::Shared(Box::new(Shared::new(kubernetes, secret, configuration, rules))))
        }
        (Tls::Auto | Tls::Files, _, _, _) => Err("the settings were not checked".to_owned()),
    }
}

/// Judges by a policy, and by what is known of the cluster, if there is one.
fn judge(policy: Policy, cache: Option<Arc<Cache>>) -> Judge {
    let nothing = Cluster::unread();
    Arc::new(move |question, body, found| {
        let today = Some(Timestamp::now().to_zoned(TimeZone::UTC).date());
        review::read(question, body, |review| match &cache {
            Some(cache) => cache.see(found, |view| review.answer(&policy, view, today)),
            None => review.answer(&policy, &View::fixed(&nothing), today),
        })
    })
}

/// Prints the one line that says why the program does not start.
fn refuse(err: &mut dyn Write, problem: &str) -> u8 {
    // Nobody is left to tell when stderr is gone; the exit code says it too.
    let _ = writeln!(err, "error: {problem}");
    FAILED
}
