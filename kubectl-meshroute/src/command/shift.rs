//! `split` with weights, and `promote`: plans a change of weights, and has it written.

mod apply;
mod back;
mod cluster;
mod create;
mod files;
mod guard;
mod wait;

use std::collections::BTreeSet;

use meshroute::shift::{self, Amount, Class, Percent, Shift, Target, Term, Trouble, Wish};

use crate::{
    Look, Streams, args,
    command::{
        answer::{self, Answer},
        services::{self, Asked},
        split::warn,
    },
    exit::Failure,
    source::{self, Place, Source},
    view::{self, Output, clean},
};

/// A change that a command line asks for.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    /// The command.
    pub(super) verb: &'static str,
    pub(super) service: &'a str,
    /// The words after the Service.
    pub(super) words: &'a [String],
    pub(super) source: &'a args::Source,
    pub(super) question: &'a args::Question,
    pub(super) writing: &'a args::Writing,
    /// Whether a route is made where there is none.
    pub(super) creates: bool,
    pub(super) output: &'a Output,
    pub(super) given: &'a args::Given,
}

/// The most that a reason may hold, in bytes.
const LONGEST_REASON: usize = 1_000;

/// `split SERVICE WEIGHTS`.
pub(super) fn split(
    args: &args::Split,
    given: &args::Given,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let Some(service) = args.service.as_deref() else {
        return Err(Failure::usage("name the Service whose weights shall change"));
    };
    let change = Change {
        verb: "split",
        service,
        words: &args.weights,
        source: &args.source,
        question: &args.question,
        writing: &args.writing,
        creates: args.create,
        output: &args.output,
        given,
    };
    if args.watch {
        return Err(Failure::usage("-w shows a split and changes none: leave the weights out"));
    }
    let wish = Wish::parse(&args.weights, args.equal).map_err(|it| change.failure(&it))?;
    let (mut source, place) = change.open(streams)?;
    let planned = change.plan(&mut source, streams, &|answer, target| {
        shift::shift(answer.cluster, &answer.splits, &wish, target)
    })?;
    match planned {
        Ok(shift) => apply::apply(&change, &source, &place, &shift, look, streams),
        Err(trouble) if create::is_way(&trouble) => {
            create::run(&change, &mut source, &place, &wish, trouble, look, streams)
        }
        Err(trouble) => Err(change.failure(&trouble)),
    }
}

/// `promote SERVICE [BACKEND]`.
pub(crate) fn promote(
    args: &args::Promote,
    given: &args::Given,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    let words: Vec<String> = args.backend.clone().into_iter().collect();
    let change = Change {
        verb: "promote",
        service: &args.service,
        words: &words,
        source: &args.source,
        question: &args.question,
        writing: &args.writing,
        creates: false,
        output: &args.output,
        given,
    };
    let wish = match &args.backend {
        Some(name) => {
            Wish::Terms(vec![Term { name: name.clone(), amount: Amount::Share(Percent::ALL) }])
        }
        None => Wish::Promote,
    };
    let (mut source, place) = change.open(streams)?;
    let planned = change.plan(&mut source, streams, &|answer, target| {
        shift::shift(answer.cluster, &answer.splits, &wish, target)
    })?;
    match planned {
        Ok(shift) => apply::apply(&change, &source, &place, &shift, look, streams),
        // Where there is no route there is nothing to promote in one.
        Err(trouble) => Err(change.failure(&create::without_create(trouble))),
    }
}

/// Writes to a cluster what is planned.
pub(super) fn apply(
    change: &Change<'_>,
    source: &Source,
    shift: &Shift,
    look: Look,
    streams: &mut Streams<'_>,
) -> Result<u8, Failure> {
    apply::apply(change, source, &Place::Cluster, shift, look, streams)
}

impl Change<'_> {
    /// Opens what is to be changed.
    fn open(&self, streams: &mut Streams<'_>) -> Result<(Source, Place), Failure> {
        self.check()?;
        let clients = self.question.from_namespace.as_deref();
        let (mut source, place) = source::open_to_write(self.source, clients, streams.stdin)?;
        if !matches!(place, Place::Cluster) {
            files::check(self, &place)?;
            services::suppose(self.service, self.question.port, &mut source)?;
        }
        Ok((source, place))
    }

    /// Opens the cluster, where alone a route remembers changes.
    pub(super) fn open_cluster(&self) -> Result<Source, Failure> {
        self.check()?;
        if !self.source.files.is_empty() || self.source.kustomize.is_some() {
            return Err(Failure::usage(format!(
                "files remember no change of weights: leave -f and -k out to ask a cluster, or use git instead of {}",
                self.verb
            )));
        }
        source::live(self.source, self.question.from_namespace.as_deref())
    }

    /// Refuses what no change can have, before anything is read.
    fn check(&self) -> Result<(), Failure> {
        if self.verb != "history" {
            view::shift::check(self.output)?;
        }
        let writing = self.writing;
        let reasons = [&writing.reason, &writing.override_owner];
        if reasons.into_iter().flatten().any(|reason| reason.len() > LONGEST_REASON) {
            return Err(Failure::usage(format!("a reason has at most {LONGEST_REASON} bytes")));
        }
        if writing.override_owner.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
            return Err(Failure::usage("--override-owner wants a reason"));
        }
        Ok(())
    }

    /// Reads what the plan needs, and plans.
    pub(super) fn plan<T>(
        &self,
        source: &mut Source,
        streams: &mut Streams<'_>,
        plan: &dyn Fn(&Answer<'_>, &Target) -> T,
    ) -> Result<T, Failure> {
        let writing = self.writing;
        let target = Target {
            rule: writing.rule.clone(),
            all_rules: writing.all_rules,
            route: writing.route.clone(),
            port: self.question.port,
            all_ports: writing.all_ports,
        };
        let asked = Asked::one(self.service, self.question.port, source)?;
        source.read(&BTreeSet::from([asked.wanted()]))?;
        // A rule may serve more ports than the one that is named.
        let question = args::Question { port: None, ..self.question.clone() };
        let planned = answer::settled(source, &asked, &question, |answer| {
            Ok((plan(answer, &target), answer.warnings.clone()))
        });
        warn(streams, &super::split::warnings(source, &asked))?;
        let (planned, warnings) = planned?;
        warn(streams, &warnings)?;
        Ok(planned)
    }

    /// A trouble, with the commands that work.
    pub(super) fn failure(&self, trouble: &Trouble) -> Failure {
        let mut message = clean(&trouble.message);
        for way in &trouble.ways {
            let words = way.weights.as_deref().unwrap_or(self.words);
            let is_read = words.is_empty() && way.flags.is_empty() && self.verb == "split";
            // Only `split` takes weights by position.
            let is_by_position = matches!(Wish::parse(words, false), Ok(Wish::Positions(_)));
            let verb = if is_by_position { "split" } else { self.verb };
            let words = self.about(words.to_vec());
            let command = if is_read {
                self.given.about_service("split", &words)
            } else {
                self.given.again(verb, &words, &way.flags)
            };
            message.push_str(&format!("\n  try: {}", clean(&command)));
        }
        match trouble.class {
            Class::Usage => Failure::usage(message),
            Class::Refused => Failure::refused(message),
        }
    }

    /// The same command with one more flag.
    pub(super) fn with_flag(&self, flags: &[String]) -> String {
        self.given.again(self.verb, &self.about(self.words.to_vec()), flags)
    }

    /// The Service, and the words after it.
    fn about(&self, words: impl IntoIterator<Item = String>) -> Vec<String> {
        std::iter::once(self.service.to_owned()).chain(words).collect()
    }
}
