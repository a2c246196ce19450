//! A Secret of TLS as a kubelet mounts it.

use std::{
    fs,
    os::unix::fs::symlink,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::{authority::Signed, supervised::Folder};

/// A folder whose files are links through `..data`, which is moved when the Secret changes.
#[derive(Debug)]
pub struct Secret {
    folder: Folder,
    versions: AtomicUsize,
}

impl Secret {
    /// Mounts a certificate.
    ///
    /// # Panics
    ///
    /// Panics if the folder cannot be written.
    #[must_use]
    pub fn new(signed: &Signed) -> Self {
        let secret =
            Self { folder: Folder::new().expect("a folder"), versions: AtomicUsize::new(0) };
        secret.put(signed);
        for name in ["tls.crt", "tls.key"] {
            symlink(format!("..data/{name}"), secret.path(name)).expect("a link");
        }
        secret
    }

    /// Replaces the certificate, as a kubelet does.
    ///
    /// # Panics
    ///
    /// Panics if the folder cannot be written.
    pub fn put(&self, signed: &Signed) {
        let version = format!("..{}", self.versions.fetch_add(1, Ordering::SeqCst));
        let folder = self.path(&version);
        fs::create_dir(&folder).expect("our own folder");
        fs::write(folder.join("tls.crt"), &signed.certificate).expect("our own folder");
        fs::write(folder.join("tls.key"), &signed.key).expect("our own folder");
        symlink(&version, self.path("..data_tmp")).expect("a link");
        fs::rename(self.path("..data_tmp"), self.path("..data")).expect("it is moved");
    }

    /// Where a file is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
