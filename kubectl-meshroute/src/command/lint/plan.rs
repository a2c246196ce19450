//! How a run is meant: by flags, and by `.meshroute.yaml` where no flag says otherwise.

use std::path::PathBuf;

use jiff::Zoned;
use meshroute::lint::{Channel, Level, Settings, Told, Version};

use crate::{
    args::{self, FailOn, Ignore},
    command::{config::Config, lint::judge::Meshes},
    exit::Failure,
    source::Excluded,
};

/// How a run is meant.
pub(super) struct Plan {
    pub(super) meshes: Meshes,
    pub(super) settings: Settings,
    /// The namespace of objects that name none.
    pub(super) namespace: String,
    /// Whether infos are shown.
    pub(super) info: bool,
    /// The lowest level that makes the command fail; none where nothing does.
    pub(super) fail_on: Option<Level>,
    /// What is not looked at.
    pub(super) exclude: Option<Excluded>,
    /// The file of known findings.
    pub(super) baseline: Option<PathBuf>,
}

impl Plan {
    /// Reads the file, and puts the flags over it.
    pub(super) fn of(args: &args::Lint) -> Result<Self, Failure> {
        let config = Config::find(&args.configured)?;
        let Config {
            mesh,
            mut levels,
            info,
            fail_on,
            complete,
            ignore,
            gateway_api,
            channel,
            namespace,
            baseline,
            exclude,
        } = config;
        for level in &args.level {
            levels.set(level).map_err(|why| Failure::usage(format!("--level: {why}")))?;
        }
        let fail_on = args.fail_on.or(fail_on).unwrap_or(FailOn::Error);
        let complete = args.complete || complete;
        let namespace = args.source.named_namespace().map(str::to_owned).or(namespace);
        let settings = Settings {
            api: api(args.gateway_api.or(gateway_api), args.channel.or(channel)),
            complete,
            admission: args.as_admission,
            levels,
            ignore: match args.ignore.or(ignore).unwrap_or(Ignore::Warnings) {
                Ignore::Warnings => meshroute::lint::Ignore::Warnings,
                Ignore::All => meshroute::lint::Ignore::All,
                Ignore::None => meshroute::lint::Ignore::None,
            },
            today: Some(Zoned::now().date()),
            ..Settings::default()
        };
        Ok(Self {
            meshes: Meshes::parse(if args.mesh.is_empty() { &mesh } else { &args.mesh })?,
            settings,
            namespace: namespace.unwrap_or_else(|| "default".into()),
            // What fails has to be seen.
            info: args.info || info || fail_on == FailOn::Info,
            fail_on: fail_on.level(),
            exclude,
            baseline: args.baseline.as_ref().map(PathBuf::from).or(baseline),
        })
    }

    /// The lowest level that is shown.
    pub(super) fn least(&self) -> Level {
        if self.info { Level::Info } else { Level::Warning }
    }
}

/// What is said of the definitions that the routes are stored by.
fn api(version: Option<args::Version>, channel: Option<args::Channel>) -> Told {
    Told {
        version: version.map(|version| match version {
            args::Version::V1_6 => Version::V1_6,
            args::Version::V1_7 => Version::V1_7,
        }),
        channel: channel.map(|channel| match channel {
            args::Channel::Standard => Channel::Standard,
            args::Channel::Experimental => Channel::Experimental,
        }),
    }
}
