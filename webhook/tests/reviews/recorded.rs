//! What an API server has really asked gets the answer that it should.

use meshroute::cluster::Cluster;
use meshroute_webhook::review::{
    Policy, Question,
    Verdict::{self, Admitted, Denied},
    View, answer,
};

use crate::{corpus, laws::response};

/// What becomes of a write, and the codes of what is found, by what was done.
const JUDGED: [(&str, Verdict, &[&str]); 18] = [
    ("grpc-create", Admitted, &["MR112"]),
    ("grpc-delete", Admitted, &[]),
    ("grpc-update", Admitted, &[]),
    ("http-apply", Admitted, &[]),
    ("http-create", Denied, &["MR053", "MR089", "MR089", "MR095", "MR063"]),
    ("http-delete", Admitted, &[]),
    ("http-dry-run", Denied, &["MR001", "MR050"]),
    ("http-escaped", Admitted, &["MR089", "MR089", "MR095", "MR063"]),
    ("http-generated-name", Admitted, &["MR089", "MR089", "MR095", "MR063"]),
    ("http-kubectl", Admitted, &["MR063"]),
    ("http-kubectl-mutate", Admitted, &["MR063"]),
    ("http-newest", Denied, &["MR053", "MR089", "MR089", "MR095", "MR063"]),
    ("http-old-create", Denied, &["MR053", "MR089", "MR089", "MR095", "MR063"]),
    ("http-old-update", Admitted, &[]),
    ("http-status", Admitted, &[]),
    ("http-update", Admitted, &[]),
    ("http-update-deleted", Admitted, &[]),
    ("http-update-malformed", Admitted, &[]),
];

#[test]
fn what_was_recorded_is_judged_by_what_it_is() {
    let cluster = Cluster::unread();
    for recorded in corpus::recorded() {
        let ask = |question| {
            let view = View::fixed(&cluster);
            let answer = answer(question, &recorded.body, &Policy::default(), &view, None);
            (response(question, &recorded.body, &answer), answer)
        };
        let (release, done) = recorded.name.split_once('/').expect("a release and a name");
        let (_, verdict, codes) =
            JUDGED.iter().find(|(name, ..)| *name == done).expect("it is known");
        // It came with the second release: the first one keeps nothing of it.
        let codes = codes.iter().filter(|code| release != "v1.0" || **code != "MR095");
        let (_, validated) = ask(Question::Validate);
        let found: Vec<&str> = validated.findings.iter().map(|said| said.code).collect();
        assert_eq!(
            (validated.verdict, found),
            (*verdict, codes.copied().collect()),
            "{}",
            recorded.name
        );
        // Only where kubectl has kept what was applied is it seen that a weight was left out.
        let (mutated, _) = ask(Question::Mutate);
        assert_eq!(mutated.get("patch").is_some(), done.contains("kubectl"), "{}", recorded.name);
    }
}
