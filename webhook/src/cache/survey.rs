//! What follows from all objects together: the meshes in use, and what is wrong with the routes that are stored.
//!
//! It is worked out now and then, and apart from reviews, which never walk over all routes.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use meshroute::{
    detect,
    lint::{self, Level, Read, Settings},
    name::RouteId,
    profile::Mesh,
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};

use super::Cache;
use crate::{
    metrics::{Metrics, Stored},
    review::{InUse, Policy},
};

/// How often is looked whether anything has changed.
const LOOK: Duration = Duration::from_millis(500);
/// How often stored routes are judged, if anything has changed.
const JUDGE: Duration = Duration::from_secs(15);
/// How often even if nothing has: an ignore ends with its day.
const ANYWAY: Duration = Duration::from_secs(15 * 60);
/// So many routes are judged before whoever has news may bring them.
const AT_ONCE: usize = 50;

/// Works it out for ever.
pub(super) async fn run(cache: Arc<Cache>, policy: Policy, metrics: Arc<Metrics>) {
    let policy = Arc::new(policy);
    let mut seen_for_meshes = None;
    let mut judged: Option<(u64, Instant)> = None;
    loop {
        if !cache.waits_for_none() {
            sleep(LOOK / 10).await;
            continue;
        }
        let changes = cache.changes.load(Ordering::Relaxed);
        if seen_for_meshes != Some(changes) {
            let cache = Arc::clone(&cache);
            // After a panic, which is told of, those of before are in use.
            let _ = spawn_blocking(move || find_meshes(&cache)).await;
            seen_for_meshes = Some(changes);
        }
        let is_due = judged.is_none_or(|(of, when)| {
            (of != changes && when.elapsed() > JUDGE) || when.elapsed() > ANYWAY
        });
        if is_due {
            let (cache, policy) = (Arc::clone(&cache), Arc::clone(&policy));
            if let Ok(stored) = spawn_blocking(move || judge(&cache, &policy)).await {
                metrics.set_stored(stored);
            }
            judged = Some((changes, Instant::now()));
        }
        sleep(LOOK).await;
    }
}

fn find_meshes(cache: &Cache) {
    let nothing = BTreeSet::new();
    let (meshes, before) =
        cache.see(&nothing, |view| (detect::Meshes::of(view.cluster).all(), view.meshes.to_vec()));
    if meshes != before {
        let mut state = cache.state.write().unwrap_or_else(PoisonError::into_inner);
        state.meshes = meshes;
    }
}

/// What `lint` says of the routes of a cluster, by code, level and namespace.
fn judge(cache: &Cache, policy: &Policy) -> Stored {
    let nothing = BTreeSet::new();
    let settings = Settings {
        api: policy.api,
        levels: policy.levels.clone(),
        ignore: policy.ignore,
        today: Some(Timestamp::now().to_zoned(TimeZone::UTC).date()),
        ..Settings::default()
    };
    let routes: Vec<RouteId> =
        cache.see(&nothing, |view| view.cluster.routes().map(|route| route.id.clone()).collect());
    let mut stored: Stored = BTreeMap::new();
    for some in routes.chunks(AT_ONCE) {
        let state = cache.state.read().unwrap_or_else(PoisonError::into_inner);
        for id in some {
            let Some(route) = state.cluster.route(id) else { continue };
            let read = state.problems.get(id).map(|problems| Read::of(problems));
            let meshes: Vec<Mesh> = match &policy.meshes {
                InUse::Named(meshes) => meshes.clone(),
                InUse::Shown => lint::narrowed(&state.cluster, &state.meshes, route),
            };
            let read = read.unwrap_or_default();
            // A route that breaks a lint must not hide what is wrong with the others.
            let report = catch_unwind(AssertUnwindSafe(|| {
                lint::route_as_read(&state.cluster, route, &meshes, &settings, read)
            }));
            for finding in report.map(|report| report.findings).unwrap_or_default() {
                if finding.level > Level::Info {
                    let namespace = id.name.namespace.clone();
                    let key = (finding.lint.code, finding.level.name(), namespace);
                    *stored.entry(key).or_default() += 1;
                }
            }
        }
    }
    stored
}
