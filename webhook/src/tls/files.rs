//! A certificate in files, which somebody else writes and replaces.

use std::{fs::File, io::Read as _, path::PathBuf, time::SystemTime};

use crate::tls::{Look, Pair};

/// No chain is longer than this; a device or a wrong file is not read to its end.
const MAX: u64 = 1 << 20;

/// The two files.
///
/// Their contents are compared, and nothing is asked of the file system: a Secret is replaced by moving a link above its
/// files, which those who wait for a change of the files themselves see once, or never.
#[derive(Debug)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// The names that the certificate has to have.
    names: Vec<String>,
    /// What was seen last, whether it was good or not.
    seen: Option<Result<Contents, String>>,
}

/// What is in the two files.
#[derive(Debug, PartialEq, Eq)]
struct Contents {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    /// Names the files, and names that the certificate has to have.
    pub fn new(certificate: PathBuf, key: PathBuf, names: Vec<String>) -> Self {
        Self { certificate, key, names, seen: None }
    }

    /// Reads them, and judges them if they are not those of the last look.
    pub fn look(&mut self, now: SystemTime) -> Look {
        let read =
            read(&self.certificate).and_then(|chain| Ok(Contents { chain, key: read(&self.key)? }));
        if self.seen.as_ref() == Some(&read) {
            return Look::Same;
        }
        let look = match &read {
            Ok(Contents { chain, key }) => match self.judge(chain, key, now) {
                Ok(pair) => Look::New(pair),
                Err(problem) => Look::Bad(format!("{}: {problem}", self.certificate.display())),
            },
            Err(problem) => Look::Bad(problem.clone()),
        };
        self.seen = Some(read);
        look
    }

    fn judge(&self, chain: &[u8], key: &[u8], now: SystemTime) -> Result<Pair, String> {
        let pair = Pair::from_pem(chain, key, now)?;
        pair.check_names(&self.names)?;
        Ok(pair)
    }
}

/// Reads a file of certificates or keys.
///
/// # Errors
///
/// Names the file, and says why it cannot be read.
pub(super) fn read(path: &PathBuf) -> Result<Vec<u8>, String> {
    let problem = |error: std::io::Error| format!("{}: {error}", path.display());
    // A pipe would hold up whoever opens it.
    if !path.metadata().map_err(problem)?.is_file() {
        return Err(format!("{}: not a file", path.display()));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX).read_to_end(&mut bytes)).map_err(problem)?;
    Ok(bytes)
}
