//! Whoever may view may ask for splits; whoever may edit may shift them.

use std::time::Duration;

use meshroute_tests::{
    control_plane::User,
    shop::{Shop, after, canary},
    wait,
};

use super::*;

#[test]
fn viewers_see_splits_and_editors_shift_them() {
    let test = "viewers_see_splits_and_editors_shift_them";
    let (Some(chart), Some(mut cluster)) = (chart::open(test), control_plane::own(test)) else {
        return;
    };
    // It fills the roles that others are aggregated to.
    cluster.start_controller_manager().unwrap_or_else(|problem| panic!("{problem}"));
    let bind = |role: &str, namespace: &str| -> User {
        let user = cluster.user();
        let account = format!("--serviceaccount=default:{}", user.name());
        let role = format!("--clusterrole={role}");
        let args = ["create", "rolebinding", user.name(), &role, &account, "-n", namespace];
        cluster.kubectl(&args, "").success();
        user
    };
    let shop = Shop::open(&cluster, &["web-v1", "web-v2"]);
    shop.create(&canary(100, 0));
    let ask = |user: &User, words: &[&str]| shop.seen_by(user.kubeconfig()).run(words);

    // Without the chart, the roles of Kubernetes know no routes.
    let viewer = bind("view", &shop.namespace);
    let refused = ask(&viewer, &["split", "web"]);
    assert!(refused.code != 0 && refused.stderr.contains("forbidden"), "{}", refused.stderr);

    let text = chart.template(RELEASE, "default", &json!({"fullnameOverride": "default"}));
    for object in chart::of_kind(&chart.objects(&text.success()), "ClusterRole") {
        cluster.kubectl(&["apply", "-f", "-"], &object.to_string()).success();
    }
    let patience = Duration::from_secs(90);
    let seen = wait::until(patience, || {
        let seen = ask(&viewer, &["split", "web"]);
        if seen.code == 0 { Ok(seen) } else { Err(seen.stderr) }
    });
    let seen = seen.expect("who may view sees splits");
    assert!(seen.stdout.contains("100.0%"), "{}", seen.stdout);

    let alone = bind("default-shifter", &shop.namespace);
    for (who, weights) in [(bind("edit", &shop.namespace), "90/10"), (alone, "80/20")] {
        let shifted = wait::until(patience, || {
            let shifted = ask(&who, &["split", "web", weights]);
            if shifted.code == 0 { Ok(shifted) } else { Err(shifted.stderr) }
        });
        let shifted = shifted.unwrap_or_else(|problem| panic!("{weights}: {problem}"));
        let undo = after(&shifted.stdout, "undo: ").expect("it says how");
        assert!(undo.contains("split web"), "{undo}");
        ask(&who, &["undo", "web"]).success();
        // Shifting is not making or removing.
        let refused = who.kubectl(&["delete", "httproute", "web", "-n", &shop.namespace], "");
        assert!(refused.stderr.contains("forbidden"), "{}", refused.stderr);
    }

    // Whoever may only view may not shift, though they see all that a shift would look at.
    let refused = ask(&viewer, &["split", "web", "70/30"]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(refused.stderr.contains("cannot patch resource"), "{}", refused.stderr);
    assert_eq!(shop.weights("httproute/web", 0), [100, 0]);
    // Neither may do so elsewhere.
    let elsewhere = cluster.namespace();
    let refused = viewer.kubectl(&["get", "httproutes", "-n", &elsewhere], "");
    assert!(refused.stderr.contains("forbidden"), "{}", refused.stderr);
}
