//! What the chart tells the program, the program understands.

use clap::Parser as _;
use meshroute_webhook::args::Args;

use super::*;

#[test]
fn the_program_understands_what_the_chart_tells_it() {
    let Some(chart) = chart::open("the_program_understands_what_the_chart_tells_it") else {
        return;
    };
    for Rendered { name, objects, .. } in rendered(&chart) {
        let pod = one(objects, "Deployment")["spec"]["template"]["spec"].clone();
        let args = pod["containers"][0]["args"].as_array().expect("a list").clone();
        let words = args.iter().map(|arg| arg.as_str().expect("a text"));
        let args = Args::try_parse_from(std::iter::once("meshroute-webhook").chain(words))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        args.check().unwrap_or_else(|error| panic!("{name}: {error}"));
        args.policy().unwrap_or_else(|error| panic!("{name}: {error}"));
        // The grace covers the delay and what the program takes to end.
        let grace = pod["terminationGracePeriodSeconds"].as_u64().expect("a number");
        assert!(grace > args.shutdown_delay.as_secs() + 14, "{name}: {grace}");
        let port = |index: usize| pod["containers"][0]["ports"][index]["containerPort"].as_u64();
        assert_eq!(port(0), Some(args.listen.port().into()), "{name}");
        assert_eq!(port(1), Some(args.admin_listen.port().into()), "{name}");
    }
}
