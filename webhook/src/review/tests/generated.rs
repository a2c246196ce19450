//! Whatever is asked, an answer comes that the API server takes, and the laws of changes hold.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

/// No answer of `/validate` is longer.
const LONGEST: usize = 16 << 10;
/// No answer of `/mutate` is: 16 rules of 16 backends each may get a weight.
const LONGEST_PATCH: usize = 32 << 10;

/// What a place may hold instead of what belongs there.
fn oddities() -> Vec<Value> {
    let long = "\"\u{1f980}\n\\é\u{202e}".repeat(400);
    let many = Value::Array(vec![json!({"name": "é".repeat(300), "weight": 0}); 16]);
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(1),
        json!(65_536),
        json!(1_000_001),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("Service"),
        json!("percent"),
        json!("(["),
        json!(long.clone()),
        json!([]),
        json!([null]),
        json!({}),
        json!({long: 1}),
        many,
    ]
}

/// A route that may have anything wrong with it, one level deep at least.
fn routes() -> impl Strategy<Value = Value> {
    let weight = option::of(select(vec![0, 1, 5, 9, 10, 50, 80, 90, 95, 99, 100, 1000]));
    let name = select(vec!["web", "v2", "v3", "WEB", ""]);
    let backend = (name, option::of(select(vec![80, 8080])), weight).prop_map(|(name, port, weight)| {
        json!({"group": "", "kind": "Service", "name": name, "port": port, "weight": weight})
    });
    let matched = select(vec![
        json!({"path": {"type": "PathPrefix", "value": "/"}}),
        json!({"path": {"type": "RegularExpression", "value": "/[a"}}),
        json!({"headers": [{"name": "x", "value": "1"}, {"name": "X", "value": "2"}]}),
        json!({"method": "GET", "queryParams": [{"name": "a", "value": "b"}]}),
    ]);
    let filter = select(vec![
        json!({"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "Host", "value": "a"}]}}),
        json!({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "v3", "port": 80}}}),
        json!({"type": "RequestRedirect", "requestRedirect": {"statusCode": 302}}),
        json!({"type": "New", "new": {"a": [1]}}),
    ]);
    let rule = (vec(matched, 0..3), vec(filter, 0..3), vec(backend, 0..4)).prop_map(
        |(matches, filters, backends)| {
            json!({"matches": matches, "filters": filters, "backendRefs": backends,
                "timeouts": {"request": "1s", "backendRequest": "2s"}})
        },
    );
    let parent = select(vec![
        json!({"group": "", "kind": "Service", "name": "web"}),
        json!({"group": "", "kind": "Service", "name": "web", "port": 80}),
        json!({"kind": "Service", "name": "web", "namespace": "other"}),
        json!({"group": "core", "kind": "service", "name": "web"}),
        json!({"name": "edge"}),
    ]);
    let annotations = select(vec![
        json!({}),
        json!({"meshroute.dev/weights": "percent"}),
        json!({"meshroute.dev/ignore": "MR050; MR052 until=2020-01-01 why; MR999"}),
    ]);
    let kind = select(vec!["HTTPRoute", "GRPCRoute"]);
    (kind, vec(parent, 1..4), vec(rule, 0..4), annotations, any::<bool>()).prop_map(
        |(kind, parents, rules, annotations, is_applied)| {
            let mut route = json!({
                "apiVersion": "gateway.networking.k8s.io/v1", "kind": kind,
                "metadata": {"name": "web", "namespace": "shop", "annotations": annotations},
                "spec": {"parentRefs": parents, "hostnames": ["a.example"], "rules": rules}});
            if is_applied {
                // As the API server shows it: what was left out is 1.
                let applied = route.to_string();
                for rule in route["spec"]["rules"].as_array_mut().into_iter().flatten() {
                    for backend in rule["backendRefs"].as_array_mut().into_iter().flatten() {
                        if backend["weight"].is_null() {
                            backend["weight"] = 1.into();
                        }
                    }
                }
                route["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
                    applied.into();
            }
            route
        },
    )
}

/// The same, with other things in some places.
fn odd_routes() -> impl Strategy<Value = Value> {
    (routes(), vec((any::<usize>(), select(oddities())), 0..4)).prop_map(|(mut route, changes)| {
        for (place, value) in changes {
            let mut places = Vec::new();
            collect(&route, &mut String::new(), &mut places);
            let pointer = &places[place % places.len()];
            *route.pointer_mut(pointer).expect("it was just there") = value;
        }
        route
    })
}

/// The places in an object, as pointers, but for what the request names too.
fn collect(value: &Value, pointer: &mut String, places: &mut Vec<String>) {
    let mut step = |name: &str, value: &Value| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        if pointer != "/apiVersion" && pointer != "/kind" {
            places.push(pointer.clone());
            collect(value, pointer, places);
        }
        pointer.truncate(length);
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| step(&index.to_string(), item));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, value)| step(name, value)),
        _ => {}
    }
}

/// Asks both questions; what comes is a review, or says in short why not.
fn both(body: &[u8], policy: &Policy) -> [Answer; 2] {
    [(Question::Validate, LONGEST), (Question::Mutate, LONGEST_PATCH)].map(|(question, longest)| {
        let ask = || answer(question, body, policy, &View::fixed(&Cluster::unread()), None);
        let answer = ask();
        assert_eq!(answer, ask(), "the same bytes, the same answer");
        assert!(answer.body.len() <= longest, "{} bytes", answer.body.len());
        match answer.status {
            200 => {
                let asked: Value = serde_json::from_slice(body).expect("no 200 for rubbish");
                let response = response(&answer);
                assert_eq!(response["uid"], asked["request"]["uid"]);
                let warnings = response["warnings"].as_array().map_or(&[][..], Vec::as_slice);
                assert!(warnings.len() <= 4);
                for warning in warnings {
                    let text = warning.as_str().expect("a text");
                    assert!(text.chars().count() <= 256 && !text.chars().any(char::is_control));
                }
                let is_allowed = response["allowed"] == true;
                assert_eq!(is_allowed, answer.verdict == Verdict::Admitted);
                assert_eq!(is_allowed, response.get("status").is_none());
                assert!(is_allowed || question == Question::Validate);
            }
            400 => assert!(answer.verdict == Verdict::Refused && answer.body.len() <= 1100),
            status => panic!("{status}"),
        }
        answer
    })
}

/// A policy that says all that it finds.
fn loud(mesh: Option<Mesh>) -> Policy {
    let meshes = mesh.map_or(InUse::Shown, |mesh| InUse::Named(vec![mesh]));
    Policy { meshes, ..policy(Mesh::Spec) }
}

fn meshes() -> impl Strategy<Value = Option<Mesh>> {
    option::of(select(Mesh::ALL.to_vec()))
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in vec(any::<u8>(), 0..200), mesh in meshes()) {
        let [validated, mutated] = both(&body, &loud(mesh));
        prop_assert_eq!((validated.status, mutated.status), (400, 400));
    }

    #[test]
    fn damaged_reviews_are_answered(
        route in routes(),
        damages in vec((any::<usize>(), any::<u8>(), 0..4_usize), 1..4),
        mesh in meshes(),
    ) {
        let mut body = update(&sound(), &route).to_string().into_bytes();
        for (place, byte, how) in damages {
            let place = place % body.len();
            match how {
                0 => body[place] = byte,
                1 => body.insert(place, byte),
                2 => drop(body.remove(place)),
                _ => body.truncate(place.max(1)),
            }
        }
        both(&body, &loud(mesh));
    }

    #[test]
    fn odd_routes_are_answered(route in odd_routes(), old in odd_routes(), mesh in meshes()) {
        let policy = loud(mesh);
        let [created, _] = both(create(&route).to_string().as_bytes(), &policy);
        let mut old = old;
        old["kind"] = route["kind"].clone();
        let [updated, _] = both(update(&old, &route).to_string().as_bytes(), &policy);
        if (created.status, updated.status) == (200, 200) {
            // A change is never worse than making it anew, and no change is never bad.
            let said = |answer: &Answer| answer.findings.len();
            prop_assert!(said(&updated) <= said(&created));
            prop_assert!(updated.verdict == Verdict::Admitted || created.verdict == Verdict::Denied);
            let [same, _] = both(update(&route, &route).to_string().as_bytes(), &policy);
            prop_assert_eq!((same.verdict, said(&same)), (Verdict::Admitted, 0));
        }
    }

    #[test]
    fn filling_in_twice_is_once_and_makes_nothing_worse(route in odd_routes(), mesh in meshes()) {
        let policy = loud(mesh);
        let [before, mutated] = both(create(&route).to_string().as_bytes(), &policy);
        prop_assume!(mutated.status == 200);
        let once = patched(&route, &response(&mutated));
        let [after, again] = both(create(&once).to_string().as_bytes(), &policy);
        prop_assert!(response(&again).get("patch").is_none());
        for said in &after.findings {
            let is_old = before.findings.iter().any(|old| old.code == said.code && old.level >= said.level);
            prop_assert!(is_old, "{said:?} is new\n{route}\n{once}");
        }
    }
}
