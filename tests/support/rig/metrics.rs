//! What an API server counts of webhooks.

use std::collections::BTreeMap;

/// Counters by their names and labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics(BTreeMap<String, u64>);

impl Metrics {
    /// Reads the counters of Prometheus' text format that are about admission.
    pub(super) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| line.starts_with("apiserver_admission_"));
        let counters = lines.filter_map(|line| {
            let (key, value) = line.rsplit_once(' ')?;
            // Sums of seconds are none.
            Some((key.to_owned(), value.parse().ok()?))
        });
        Self(counters.collect())
    }

    /// What was counted beyond another reading.
    pub(super) fn minus(mut self, before: &Self) -> Self {
        for (key, value) in &mut self.0 {
            // A server that was killed counts from 0 again.
            *value = value.saturating_sub(before.0.get(key).copied().unwrap_or(0));
        }
        self.0.retain(|_, value| *value > 0);
        self
    }

    /// The sum of a counter of webhooks over all labels but these.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let start = format!("apiserver_admission_{name}{{");
        let labels: Vec<_> =
            labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let of = |key: &str| {
            let rest = key.strip_prefix(&start).and_then(|rest| rest.strip_suffix('}'));
            let parts: Vec<_> = rest.into_iter().flat_map(|rest| rest.split(',')).collect();
            rest.is_some() && labels.iter().all(|label| parts.contains(&label.as_str()))
        };
        self.0.iter().filter(|(key, _)| of(key)).map(|(_, value)| value).sum()
    }

    /// How often a webhook was called, as the API server counts: also calls that came to nothing.
    #[must_use]
    pub fn calls(&self, webhook: &str) -> u64 {
        self.sum("webhook_request_total", &[("name", webhook)])
    }

    /// How often one could not be called, and the write was refused for that.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.sum("webhook_rejection_count", &[("error_type", "calling_webhook_error")])
    }

    /// How often one could not be called, and the write went on.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.sum("webhook_fail_open_count", &[])
    }

    /// Everything that has been counted, a line each.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|(key, value)| format!("{key} {value}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_choose_what_is_added_up() {
        let metrics = Metrics::read(
            "apiserver_admission_webhook_request_total{code=\"200\",name=\"a\"} 3\n\
             apiserver_admission_webhook_request_total{code=\"400\",name=\"a\"} 4\n\
             apiserver_admission_webhook_request_total{code=\"200\",name=\"ab\"} 5\n\
             apiserver_admission_webhook_admission_duration_seconds_sum{name=\"a\"} 0.5\n",
        );
        assert_eq!((metrics.calls("a"), metrics.calls("ab"), metrics.calls("b")), (7, 5, 0));
        assert_eq!(metrics.sum("webhook_request_total", &[("code", "200"), ("name", "a")]), 3);
        let before =
            Metrics::read("apiserver_admission_webhook_request_total{code=\"200\",name=\"a\"} 3\n");
        assert_eq!(metrics.minus(&before).calls("a"), 4);
    }
}
