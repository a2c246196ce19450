//! Which definitions routes are stored by: version and channel of the Gateway API.

use crate::cluster::{Cluster, Known};

/// The versions of the Gateway API that lints tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 1.6.
    V1_6,
    /// 1.7: `retry` is standard, and names of rules are unique.
    V1_7,
}

/// How far the fields of the Gateway API have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Only what is settled.
    Standard,
    /// All that there is.
    Experimental,
}

/// What somebody said of the definitions; what is left open is read off the definition of HTTPRoute,
/// or assumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// The version.
    pub version: Option<Version>,
    /// The channel.
    pub channel: Option<Channel>,
}

/// The definitions that a route is stored by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Api {
    /// The version.
    pub version: Version,
    /// The channel.
    pub channel: Channel,
    /// Whether somebody said so, or it was seen; else it is an assumption, and what rests on it is
    /// no error.
    pub is_told: bool,
}

impl Api {
    /// What was said, else what the definition in the cluster says of itself, else 1.7 standard.
    pub fn of(told: Told, cluster: &Cluster) -> Self {
        let seen = match cluster.gateway_api() {
            Known::Known(seen) => seen,
            Known::Unknown => None,
        };
        let version = || Version::of_bundle(seen?.version.as_deref()?);
        let channel = || Channel::named(seen?.channel.as_deref()?);
        let channel = told.channel.or_else(channel);
        Self {
            version: told.version.or_else(version).unwrap_or(Version::V1_7),
            channel: channel.unwrap_or(Channel::Standard),
            is_told: channel.is_some(),
        }
    }
}

impl Version {
    /// The version of a release such as `v1.6.3`. What is older than 1.6 is taken for 1.6; a monthly
    /// release has no such number.
    fn of_bundle(release: &str) -> Option<Self> {
        let mut numbers = release.strip_prefix('v')?.split('.').map(str::parse::<u32>);
        let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
            return None;
        };
        Some(if (major, minor) < (1, 7) { Self::V1_6 } else { Self::V1_7 })
    }
}

impl Channel {
    fn named(name: &str) -> Option<Self> {
        match name {
            "standard" => Some(Self::Standard),
            "experimental" => Some(Self::Experimental),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{kind::Kind, lower::lower};

    fn cluster(name: &str, version: &str, channel: &str) -> Cluster {
        let definition = json!({
            "metadata": {"name": name, "annotations": {
                "gateway.networking.k8s.io/bundle-version": version,
                "gateway.networking.k8s.io/channel": channel}},
            "spec": {"group": "gateway.networking.k8s.io"}});
        let mut cluster = Cluster::unread();
        cluster.insert(lower(Kind::Crd, &definition, "").object.expect("it is well-formed"));
        cluster
    }

    #[test]
    fn what_is_said_counts_more_than_what_is_seen() {
        let routes = "httproutes.gateway.networking.k8s.io";
        let api = |told, name, version, channel| {
            let Api { version, channel, is_told } = Api::of(told, &cluster(name, version, channel));
            (version, channel, is_told)
        };
        let nothing = Told::default();
        let assumed = (Version::V1_7, Channel::Standard, false);
        let seen = (Version::V1_6, Channel::Experimental, true);
        assert_eq!(api(nothing, routes, "v1.6.3", "experimental"), seen);
        assert_eq!(api(nothing, routes, "v0.8.1", "experimental"), seen);
        let other = "grpcroutes.gateway.networking.k8s.io";
        assert_eq!(api(nothing, other, "v1.6.3", "experimental"), assumed);
        assert_eq!(api(nothing, routes, "main", ""), assumed);
        let monthly = (Version::V1_7, Channel::Experimental, true);
        assert_eq!(api(nothing, routes, "monthly-2026.09", "experimental"), monthly);
        assert_eq!(
            api(Told { version: Some(Version::V1_7), channel: None }, routes, "v1.6.3", "standard"),
            (Version::V1_7, Channel::Standard, true)
        );
    }
}
