//! Exit codes, the same in every output format, and the failures that lead to them.

/// The codes of `split` and its kin.
pub(crate) mod code {
    /// Done, shown, unchanged.
    pub(crate) const DONE: u8 = 0;
    /// The cluster or a file said no: not found, unreadable, a Helm template.
    pub(crate) const NO: u8 = 1;
    /// The command line makes no sense, or is ambiguous.
    pub(crate) const USAGE: u8 = 2;
    /// Refused: a guard, an owner, or somebody has changed it meanwhile.
    pub(crate) const REFUSED: u8 = 3;
    /// Not confirmed in the time that was given for it.
    pub(crate) const UNCONFIRMED: u8 = 4;
    /// Somebody has ended it: 128 and the number of SIGINT, as a shell says it.
    pub(crate) const INTERRUPTED: u8 = 130;

    /// `lint`: nothing that fails.
    pub(crate) const CLEAN: u8 = 0;
    /// `lint`: findings.
    pub(crate) const FINDINGS: u8 = 1;

    /// `diff`: the same.
    pub(crate) const SAME: u8 = 0;
    /// `diff`: it differs, or by more than is allowed.
    pub(crate) const DIFFERS: u8 = 1;
    /// `fmt --check`: files would change.
    pub(crate) const UNFORMATTED: u8 = 1;
    /// `diff`, `fmt` and `lint`: anything else that went wrong.
    pub(crate) const TROUBLE: u8 = 2;
}

/// Why a command ends without its answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// With a message and a code.
    Said {
        /// The exit code.
        code: u8,
        /// What is wrong, and the way out.
        message: String,
    },
    /// The cluster cannot be read, for this reason; another try may help.
    Lost(String),
    /// Somebody has ended it.
    Interrupted,
    /// Nobody reads the answer any more.
    Pipe,
}

impl Failure {
    /// The cluster or a file said no.
    pub(crate) fn no(message: impl Into<String>) -> Self {
        Self::Said { code: code::NO, message: message.into() }
    }

    /// The command line makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Said { code: code::USAGE, message: message.into() }
    }

    /// The same failure of a command whose answer is in its exit code.
    pub(crate) fn trouble(self) -> Self {
        match self {
            Self::Said { message, .. } | Self::Lost(message) => {
                Self::Said { code: code::TROUBLE, message }
            }
            Self::Interrupted => Self::Interrupted,
            Self::Pipe => Self::Pipe,
        }
    }

    /// It is refused.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::Said { code: code::REFUSED, message: message.into() }
    }
}
