//! The program, as the chart starts it and with the rights that the chart gives it.

use std::time::Duration;

use meshroute_tests::{process::Process, wait, webhook::Webhook};

use super::*;

const SECRET: &str = "meshroute-webhook-ca";

#[test]
fn the_program_can_do_its_work_as_the_chart_starts_it() {
    let test = "the_program_can_do_its_work_as_the_chart_starts_it";
    let (Some(chart), Some(cluster)) = (chart::open(test), control_plane::own(test)) else {
        return;
    };
    let path = chart::path();
    let install = ["install", RELEASE, &path, "-n", RELEASE, "--create-namespace"];
    chart.helm(Some(cluster.kubeconfig()), &install, "").success();
    let deployment = cluster.kubectl(&["get", "deployment", "-n", RELEASE, "-o", "json"], "");
    let deployment: Value = serde_json::from_str(&deployment.success()).expect("it is JSON");
    let pod = &deployment["items"][0]["spec"]["template"]["spec"];
    let account = pod["serviceAccountName"].as_str().expect("it has one");
    let account = cluster.account(RELEASE, account);
    let args = pod["containers"][0]["args"].as_array().expect("a list").iter();
    let args = args.map(|arg| arg.as_str().expect("a text").to_owned());
    // On loopback, at ports that are free.
    let args = args.map(|arg| match arg.split_once("listen=") {
        Some((flag, _)) => format!("{flag}listen=127.0.0.1:0"),
        None => arg,
    });
    let args: Vec<String> = args.collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();

    let program = env!("CARGO_BIN_EXE_meshroute-tests-webhook");
    let folder = Process::new(program, env!("CARGO_TARGET_TMPDIR"));
    let webhook = Webhook::told(program, folder, Some(account.kubeconfig()), &args);
    webhook.until_ready();
    let bundles = || {
        let kinds = "validatingwebhookconfiguration,mutatingwebhookconfiguration";
        let path = "jsonpath={.items[*].webhooks[*].clientConfig.caBundle}";
        let bundles = cluster.kubectl(&["get", kinds, "-o", path], "").success();
        bundles.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let three = || match bundles() {
        all if all.len() == 3 => Ok(all),
        fewer => Err(format!("{fewer:?}: {:?}", webhook.log())),
    };
    let all = wait::until(Duration::from_secs(60), three);
    let all = all.expect("all webhooks get the certificate of the authority");
    assert!(all.iter().all(|bundle| *bundle == all[0]), "{all:?}");
    let synced = || match webhook.metric("meshroute_cache_synced") {
        Some(1.0) => Ok(()),
        other => Err(format!("{other:?}")),
    };
    wait::until(Duration::from_secs(60), synced).expect("it reads the cluster");
    assert_eq!(webhook.metric("meshroute_cache_unread{"), None, "it may read all that it wants");

    // Upgrades leave it its authority, and somebody who takes it away gets another one.
    let authority = || cluster.kubectl(&["get", "secret", SECRET, "-n", RELEASE, "-o", "json"], "");
    let key = || {
        let secret: Value = serde_json::from_str(&authority().success()).expect("it is JSON");
        secret["data"]["tls.key"].as_str().map(str::to_owned)
    };
    let first = key().expect("the Secret holds the authority");
    let upgrade = |scope: &str, way: &str| {
        let set = format!("ignore=all,mutation.scope={scope}");
        let args = ["upgrade", RELEASE, &path, "-n", RELEASE, "--set", &set, way];
        chart.helm(Some(cluster.kubeconfig()), &args, "").success();
    };
    upgrade("optedIn", "--server-side=true");
    upgrade("optedIn", "--server-side=false");
    assert_eq!((key(), bundles()), (Some(first.clone()), all));
    cluster.kubectl(&["delete", "secret", SECRET, "-n", RELEASE], "").success();
    let again = wait::until(Duration::from_secs(60), || match authority() {
        secret if secret.code == 0 => key().ok_or_else(|| "it is empty".to_owned()),
        none => Err(none.stderr),
    });
    again.expect("it makes the Secret again");
    // A webhook that goes takes its bundle along, and one that comes gets one.
    upgrade("all", "--server-side=true");
    assert_eq!(bundles().len(), 2);
    upgrade("optedIn", "--server-side=true");
    wait::until(Duration::from_secs(60), three).expect("a new webhook gets a bundle, too");

    let log = webhook.log();
    assert!(!log.iter().any(|line| line.contains("forbidden")), "{log:#?}");
    drop(webhook);
    let uninstall = ["uninstall", RELEASE, "-n", RELEASE];
    chart.helm(Some(cluster.kubeconfig()), &uninstall, "").success();
    let left = cluster.kubectl(&["get", "secrets", "-n", RELEASE, "-o", "name"], "").success();
    assert_eq!(left, "", "keys go with the release");
}
