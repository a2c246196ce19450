//! Which weights are filled in before a route is stored.
//!
//! A weight that is not written is 1. Where the weights of a route are meant to be percentages, the
//! one that somebody left out is the rest to a hundred instead.

use crate::{
    cluster::{Cluster, Known, Object},
    kind::Kind,
    lower::lower,
    route::{Route, Rule},
};

/// What says that weights are percentages: an annotation of a route, a label of a namespace.
pub const PERCENT: (&str, &str) = ("meshroute.dev/weights", "percent");

/// A weight that is to be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// The rule.
    pub rule: usize,
    /// The backend in it.
    pub backend: usize,
    /// The weight.
    pub weight: u32,
    /// Whether a weight stands there, which the API server has filled in.
    pub stands: bool,
    /// Whether it is the rest to a hundred.
    pub completes: bool,
}

/// The weights to fill in, by place. Once they are filled in there are none.
pub fn weights(cluster: &Cluster, route: &Route) -> Vec<Weight> {
    let mut weights = Vec::new();
    let mut applied = None;
    let is_percent = is_percent(cluster, route) == Known::Known(true);
    for (index, rule) in route.rules.iter().enumerate() {
        let rest = is_percent
            .then(|| {
                let applied = applied.get_or_insert_with(|| last_applied(route));
                rest(rule, applied.as_ref().and_then(|route| route.rules.get(index)))
            })
            .flatten();
        for (place, backend) in rule.backends.iter().enumerate() {
            let (stands, completes) = (backend.weight.written, false);
            let weight = Weight { rule: index, backend: place, weight: 1, stands, completes };
            match rest {
                Some((left_out, rest)) if left_out == place => {
                    weights.push(Weight { weight: rest, completes: true, ..weight });
                }
                _ if !stands => weights.push(weight),
                _ => {}
            }
        }
    }
    weights
}

/// Whether the weights of a route are meant to be percentages; unknown where the namespace is, and
/// the route itself does not say it.
pub fn is_percent(cluster: &Cluster, route: &Route) -> Known<bool> {
    if route.signs.as_ref().is_some_and(|signs| signs.percent) {
        return Known::Known(true);
    }
    let (label, percent) = PERCENT;
    match cluster.namespace(&route.id.name.namespace) {
        Known::Known(namespace) => Known::Known(
            namespace.and_then(|it| it.labels.get(label)).is_some_and(|value| value == percent),
        ),
        Known::Unknown => Known::Unknown,
    }
}

/// The route as kubectl has applied it last, before any default, if it remembers.
pub fn last_applied(route: &Route) -> Option<Route> {
    let text = route.signs.as_ref()?.last_applied.as_ref()?;
    let kind = Kind::Route(route.id.kind);
    let mut json = serde_json::Deserializer::from_str(text);
    match lower(kind, &mut json, &route.id.name.namespace).object? {
        Object::Route(route) => Some(route),
        _ => None,
    }
}

/// The one backend whose weight was left out, and the rest to a hundred.
///
/// What was applied last tells it best, as the API server has put a weight everywhere; but only
/// where the rule still is what was applied: somebody may have changed it since.
fn rest(rule: &Rule, applied: Option<&Rule>) -> Option<(usize, u32)> {
    let tells = applied.filter(|applied| is_unchanged(rule, applied)).unwrap_or(rule);
    let places = tells.backends.iter().enumerate();
    let mut left_out = places.filter(|(_, backend)| !backend.weight.written);
    let (Some((place, _)), None) = (left_out.next(), left_out.next()) else { return None };
    let others = rule.backends.iter().enumerate().filter(|(other, _)| *other != place);
    let sum: u64 = others.map(|(_, backend)| u64::from(*backend.weight)).sum();
    let rest = 100_u64.checked_sub(sum).and_then(|rest| u32::try_from(rest).ok())?;
    // A rest of 1 stands there already, where anything does.
    let is_new = rest > 1 || (rest == 1 && !rule.backends[place].weight.written);
    (rule.backends.len() > 1 && is_new).then_some((place, rest))
}

/// Whether a rule has the backends and the weights of another, defaults included.
pub(crate) fn is_unchanged(rule: &Rule, applied: &Rule) -> bool {
    rule.backends.len() == applied.backends.len()
        && rule.backends.iter().zip(&applied.backends).all(|(now, then)| {
            now.name == then.name && now.port == then.port && *now.weight == *then.weight
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::name::RouteKind;

    fn route(percent: bool, weights: &[Option<u32>], applied: Option<&[Option<u32>]>) -> Route {
        let spec = |weights: &[Option<u32>]| -> Value {
            let backends: Vec<Value> = weights
                .iter()
                .enumerate()
                .map(|(place, weight)| json!({"name": format!("v{place}"), "weight": weight}))
                .collect();
            json!({"rules": [{}, {"backendRefs": backends}]})
        };
        let mut annotations = json!({});
        if percent {
            annotations["meshroute.dev/weights"] = "percent".into();
        }
        if let Some(applied) = applied {
            let applied = json!({"metadata": {"name": "web"}, "spec": spec(applied)});
            let key = "kubectl.kubernetes.io/last-applied-configuration";
            annotations[key] = applied.to_string().into();
        }
        let metadata = json!({"name": "web", "annotations": annotations});
        let json = json!({"metadata": metadata, "spec": spec(weights)});
        let lowered = lower(Kind::Route(RouteKind::Http), &json, "shop");
        let Some(Object::Route(route)) = lowered.object else { panic!("{:?}", lowered.problems) };
        route
    }

    /// `PLACE=WEIGHT`, with a `+` where it completes and a `!` where one stands there.
    fn filled(route: &Route) -> String {
        let weights = weights(&Cluster::unread(), route);
        let word = |it: &Weight| {
            let completes = if it.completes { "+" } else { "" };
            let stands = if it.stands { "!" } else { "" };
            format!("{}={}{completes}{stands}", it.backend, it.weight)
        };
        assert!(weights.iter().all(|it| it.rule == 1));
        weights.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_absent_weight_is_one() {
        assert_eq!(filled(&route(false, &[Some(90), None], None)), "1=1");
        assert_eq!(filled(&route(false, &[None, None], None)), "0=1 1=1");
        assert_eq!(filled(&route(false, &[Some(90), Some(1)], Some(&[Some(90), None]))), "");
    }

    #[test]
    fn the_one_that_was_left_out_is_the_rest_to_a_hundred() {
        let stored = &[Some(90), Some(1)];
        for (weights, applied, expected) in [
            (&[Some(90), None][..], None, "1=10+"),
            (stored, Some(&[Some(90), None][..]), "1=10+!"),
            // Nobody says that it was left out.
            (stored, None, ""),
            (stored, Some(&[Some(90), Some(1)]), ""),
            // It was changed since.
            (&[Some(80), Some(1)], Some(&[Some(90), None]), ""),
            (&[Some(90), Some(5)], Some(&[Some(90), None]), ""),
            (&[Some(90), Some(1), Some(1)], Some(&[Some(90), None]), ""),
            // Two were left out, or there is no rest.
            (&[Some(90), Some(1), Some(1)], Some(&[Some(90), None, None]), ""),
            (&[Some(100), Some(1)], Some(&[Some(100), None]), ""),
            (&[Some(99), Some(1)], Some(&[Some(99), None]), ""),
            (&[Some(99), None], None, "1=1+"),
            (&[Some(100), None], None, "1=1"),
            (&[Some(300), None], None, "1=1"),
            (&[None], None, "0=1"),
            (&[None, Some(40), None], None, "0=1 2=1"),
            // What was applied tells it better than what is absent now.
            (&[Some(80), None, None], Some(&[Some(80), None, Some(1)]), "1=19+ 2=1"),
        ] {
            assert_eq!(filled(&route(true, weights, applied)), expected, "{weights:?} {applied:?}");
        }
    }

    #[test]
    fn a_label_of_the_namespace_says_percentages_too() {
        let mut cluster = Cluster::unread();
        let route = route(false, &[Some(90), None], None);
        assert_eq!(is_percent(&cluster, &route), Known::Unknown);
        let namespace =
            json!({"metadata": {"name": "shop", "labels": {"meshroute.dev/weights": "percent"}}});
        cluster.insert(lower(Kind::Namespace, &namespace, "").object.expect("it is well-formed"));
        assert_eq!(is_percent(&cluster, &route), Known::Known(true));
        assert_eq!(weights(&cluster, &route)[0].weight, 10);
    }
}
