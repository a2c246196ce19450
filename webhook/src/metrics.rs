//! What is counted, as text for Prometheus.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write as _},
    fs,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use meshroute::{kind::Kind, name::RouteKind};

use crate::{
    cache::Cache,
    review::{About, Said, Verdict},
};

/// Upper ends of the classes of durations, in microseconds.
const CLASSES: [u64; 13] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000,
    5_000_000,
];

/// Everything that is counted. Labels never hold what a client chose: names would fill the memory.
#[derive(Debug, Default)]
pub struct Metrics {
    tables: Mutex<Tables>,
    /// Requests between their head and their answer.
    pub in_flight: Gauge,
    /// Open connections of the admission address.
    pub connections: Gauge,
    /// Reviews that ended in a panic.
    pub panics: Counter,
    /// When the certificate that is served ends, in seconds since 1970; 0 while there is none.
    pub certificate_ends: Gauge,
    /// The port from which we ask ourselves; not shown.
    pub probe_port: Gauge,
    /// When the authority that all replicas share ends; 0 while there is none.
    pub authority_ends: Gauge,
    /// Times that the authority was written into a configuration.
    pub bundles_written: Counter,
    /// Times that it could not be.
    pub bundles_refused: Counter,
    /// Certificates that were taken.
    pub certificates_taken: Counter,
    /// Certificates that were read and not taken.
    pub certificates_refused: Counter,
    durations: [AtomicU64; CLASSES.len() + 1],
    microseconds: AtomicU64,
}

/// What only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

/// What goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

/// How many findings there are in stored routes, by code, level and namespace.
pub type Stored = BTreeMap<(&'static str, &'static str, String), u64>;

#[derive(Debug, Default)]
struct Tables {
    stored: Option<Stored>,
    requests: BTreeMap<(&'static str, u16), u64>,
    reviews: BTreeMap<(&'static str, &'static str, &'static str, bool), u64>,
    findings: BTreeMap<(&'static str, &'static str), u64>,
    shed: BTreeMap<&'static str, u64>,
    ends: BTreeMap<&'static str, u64>,
}

impl Counter {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// Sets it.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// One more, for as long as the guard lives.
    pub fn enter(&self) -> impl Drop + use<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Entered(self)
    }

    /// What it is.
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Entered<'a>(&'a Gauge);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts a request.
    pub fn request(&self, path: &'static str, code: u16) {
        *self.tables().requests.entry((path, code)).or_default() += 1;
    }

    /// Counts how long a request for a review took.
    pub fn duration(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = CLASSES.iter().position(|end| micros <= *end).unwrap_or(CLASSES.len());
        self.durations[class].fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(micros, Ordering::Relaxed);
    }

    /// Counts what a review said.
    pub fn review(&self, path: &'static str, about: &About, verdict: Verdict, findings: &[Said]) {
        let operation = ["CREATE", "UPDATE", "DELETE", "CONNECT"]
            .into_iter()
            .find(|name| *name == about.operation)
            .unwrap_or("other");
        let mut tables = self.tables();
        let key = (path, operation, verdict.name(), about.dry_run);
        *tables.reviews.entry(key).or_default() += 1;
        for said in findings {
            *tables.findings.entry((said.code, said.level.name())).or_default() += 1;
        }
    }

    /// Counts a request that was turned away because there is too much to do.
    pub fn shed(&self, reason: &'static str) {
        *self.tables().shed.entry(reason).or_default() += 1;
    }

    /// Counts the end of a connection.
    pub fn end(&self, reason: &'static str) {
        *self.tables().ends.entry(reason).or_default() += 1;
    }

    /// How many connections ended how.
    pub fn ends(&self) -> BTreeMap<&'static str, u64> {
        self.tables().ends.clone()
    }

    /// Sets what is wrong with the routes that are stored.
    pub fn set_stored(&self, stored: Stored) {
        self.tables().stored = Some(stored);
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all of it in Prometheus' text format.
    pub fn text(&self, is_draining: bool, lines_dropped: u64, cache: Option<&Cache>) -> String {
        let mut text = Text::default();
        {
            let tables = self.tables();
            text.head("meshroute_http_requests_total", "counter", "Requests by path and status.");
            for ((path, code), count) in &tables.requests {
                text.line(format_args!("{{path=\"{path}\",code=\"{code}\"}}"), count);
            }
            text.head("meshroute_admission_reviews_total", "counter", "Reviews by verdict.");
            for ((path, operation, verdict, dry_run), count) in &tables.reviews {
                let labels = format_args!(
                    "{{path=\"{path}\",operation=\"{operation}\",verdict=\"{verdict}\",dry_run=\"{dry_run}\"}}"
                );
                text.line(labels, count);
            }
            text.head("meshroute_admission_findings_total", "counter", "Findings of reviews.");
            for ((code, level), count) in &tables.findings {
                text.line(format_args!("{{code=\"{code}\",level=\"{level}\"}}"), count);
            }
            if let Some(stored) = &tables.stored {
                text.head("meshroute_findings", "gauge", "Findings in the routes that are stored.");
                for ((code, level, namespace), count) in stored {
                    let labels = format_args!(
                        "{{code=\"{code}\",level=\"{level}\",namespace=\"{namespace}\"}}"
                    );
                    text.line(labels, count);
                }
            }
            text.head("meshroute_shed_total", "counter", "Requests turned away under load.");
            for (reason, count) in &tables.shed {
                text.line(format_args!("{{reason=\"{reason}\"}}"), count);
            }
            text.head("meshroute_connections_ended_total", "counter", "How connections ended.");
            for (reason, count) in &tables.ends {
                text.line(format_args!("{{reason=\"{reason}\"}}"), count);
            }
        }
        self.durations(&mut text);
        text.one("meshroute_in_flight", "gauge", "Requests under way.", self.in_flight.value());
        text.one("meshroute_connections", "gauge", "Open connections.", self.connections.value());
        text.one("meshroute_panics_total", "counter", "Reviews that broke.", self.panics.value());
        text.one(
            "meshroute_tls_not_after_timestamp_seconds",
            "gauge",
            "When the certificate that is served ends; 0 while there is none.",
            self.certificate_ends.value(),
        );
        text.one(
            "meshroute_tls_authority_not_after_timestamp_seconds",
            "gauge",
            "When the authority in the Secret ends; 0 without one.",
            self.authority_ends.value(),
        );
        let help = "Times that the authority was written into a webhook configuration.";
        text.head("meshroute_tls_bundle_writes_total", "counter", help);
        text.line("{result=\"written\"}", &self.bundles_written.value());
        text.line("{result=\"refused\"}", &self.bundles_refused.value());
        text.head("meshroute_tls_reload_total", "counter", "Certificates that were read.");
        text.line("{result=\"taken\"}", &self.certificates_taken.value());
        text.line("{result=\"refused\"}", &self.certificates_refused.value());
        text.one("meshroute_draining", "gauge", "1 once a stop is asked.", u8::from(is_draining));
        if let Some(cache) = cache {
            let help = "Seconds since a kind of the cluster was last heard of.";
            text.head("meshroute_cache_age_seconds", "gauge", help);
            for (kind, age) in cache.ages() {
                let age = format!("{:.1}", age.as_secs_f64());
                text.line(format_args!("{{kind=\"{}\"}}", label(kind)), &age);
            }
            let help = "1 for each kind of the cluster that cannot be read.";
            text.head("meshroute_cache_unread", "gauge", help);
            for kind in cache.unread() {
                text.line(format_args!("{{kind=\"{}\"}}", label(kind)), &1);
            }
            let is_synced = u8::from(cache.is_synced());
            text.one("meshroute_cache_synced", "gauge", "1 once all was read.", is_synced);
        }
        let help = "Lines of the log that nobody read in time.";
        text.one("meshroute_log_lines_dropped_total", "counter", help, lines_dropped);
        if let Some(bytes) = resident() {
            text.one("process_resident_memory_bytes", "gauge", "Memory in use.", bytes);
        }
        text.out
    }

    fn durations(&self, text: &mut Text) {
        let name = "meshroute_request_duration_seconds";
        text.head(name, "histogram", "From the head of a request for a review to its answer.");
        let mut count = 0;
        for (idx, class) in self.durations.iter().enumerate() {
            count += class.load(Ordering::Relaxed);
            let end = CLASSES.get(idx).map_or("+Inf".to_owned(), |end| seconds(*end));
            text.line(format_args!("_bucket{{le=\"{end}\"}}"), &count);
        }
        text.line("_sum", &seconds(self.microseconds.load(Ordering::Relaxed)));
        text.line("_count", &count);
    }
}

/// The name of a kind; two have the same.
fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Route(RouteKind::LinkerdHttp) => "HTTPRoute.policy.linkerd.io",
        other => other.name(),
    }
}

/// Whole numbers until the moment of printing.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The memory that the system says the process has; none where it does not say.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    Some(kibibytes * 1024)
}

#[derive(Default)]
struct Text {
    out: String,
    name: &'static str,
}

impl Text {
    fn head(&mut self, name: &'static str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        self.name = name;
    }

    fn line(&mut self, rest: impl Display, value: &impl Display) {
        let _ = writeln!(self.out, "{}{rest} {value}", self.name);
    }

    fn one(&mut self, name: &'static str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        self.line("", &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_upwards() {
        let metrics = Metrics::default();
        for micros in [100, 101, 2_000_000, 9_000_000] {
            metrics.request("/validate", 200);
            metrics.duration(Duration::from_micros(micros));
        }
        let text = metrics.text(false, 0, None);
        for line in [
            "meshroute_http_requests_total{path=\"/validate\",code=\"200\"} 4",
            "meshroute_request_duration_seconds_bucket{le=\"0.0001\"} 1",
            "meshroute_request_duration_seconds_bucket{le=\"0.00025\"} 2",
            "meshroute_request_duration_seconds_bucket{le=\"5\"} 3",
            "meshroute_request_duration_seconds_bucket{le=\"+Inf\"} 4",
            "meshroute_request_duration_seconds_sum 11.000201",
            "meshroute_request_duration_seconds_count 4",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn names_of_clients_are_no_labels() {
        let metrics = Metrics::default();
        let about = About { operation: "a\"b".to_owned(), ..About::default() };
        metrics.review("/mutate", &about, Verdict::Admitted, &[]);
        assert!(metrics.text(true, 3, None).contains("operation=\"other\""));
    }
}
