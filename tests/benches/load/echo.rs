//! The floor: the webhook's own stack, with a judge that reads the uid and says yes.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use meshroute::cluster::Part;
use meshroute_webhook::{
    admission::Judge,
    log::{Format, Log},
    program::Program,
    review::{About, Answer, Question, Verdict},
    serve::{self, Limits},
    tls::{Signer, Source, Terms, names},
};
use serde::Deserialize;

/// Serves at this address for ever, in one of the ways to find the uid.
pub(crate) fn serve(way: &str, listen: &str, authority: &Path) {
    let signer = Signer::own(names::names(&[], None), SystemTime::now()).expect("an authority");
    signer.write_authority(authority).expect("it can be written");
    let judge: Judge = match way {
        "text" => Arc::new(|_: Question, body: &[u8], _: &BTreeSet<Part>| answer(&by_text(body))),
        _ => Arc::new(|_: Question, body: &[u8], _: &BTreeSet<Part>| answer(&by_serde(body))),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let address = listen.parse().expect("an address");
        let any = "127.0.0.1:0".parse().expect("an address");
        let program = Program {
            admission: serve::bind(address, "--listen").await.expect("it is free"),
            admin: serve::bind(any, "--admin-listen").await.expect("it is free"),
            source: Source::Own(Box::new(signer)),
            terms: Terms::default(),
            judge,
            sight: None,
            limits: Limits::default(),
            pause: Duration::ZERO,
            log: Log::new(Format::Text, std::io::stderr()),
        };
        // It stops when nobody is left who could ask for that.
        let forever = |phase, _| async move {
            let _phase = phase;
            std::future::pending().await
        };
        program.run(forever).await
    });
}

/// Where the text has it: less than any handler of reviews does.
fn by_text(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).expect("text");
    let uid = text.split("\"uid\":\"").nth(1).and_then(|rest| rest.split('"').next());
    uid.expect("a uid").to_owned()
}

/// As a reader of JSON finds it, which passes over the rest.
fn by_serde(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Review {
        request: Request,
    }
    #[derive(Deserialize)]
    struct Request {
        uid: String,
    }
    serde_json::from_slice::<Review>(body).expect("a review").request.uid
}

fn answer(uid: &str) -> Answer {
    let body = format!(
        "{{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{{\"uid\":\"{uid}\",\"allowed\":true}}}}"
    );
    Answer {
        status: 200,
        content_type: "application/json",
        body: body.into_bytes(),
        verdict: Verdict::Admitted,
        findings: Vec::new(),
        absent: BTreeSet::new(),
        about: About { uid: uid.to_owned(), ..About::default() },
    }
}
