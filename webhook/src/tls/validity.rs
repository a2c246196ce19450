//! From when until when a certificate is valid, and times for people.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::CertificateDer;
use x509_parser::parse_x509_certificate;

/// From when until when a certificate is valid.
///
/// # Errors
///
/// Says that it cannot be read.
pub(super) fn validity(
    certificate: &CertificateDer<'_>,
) -> Result<(SystemTime, SystemTime), String> {
    let (_, read) = parse_x509_certificate(certificate)
        .map_err(|error| format!("the certificate cannot be read: {error}"))?;
    let time = |seconds: i64| {
        // Before 1970 is early enough.
        let seconds = u64::try_from(seconds).unwrap_or(0);
        let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        time.ok_or("the certificate is valid at times that there are not")
    };
    let validity = read.validity();
    Ok((time(validity.not_before.timestamp())?, time(validity.not_after.timestamp())?))
}

/// A time in seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A time for people.
pub(super) fn text(time: SystemTime) -> String {
    jiff::Timestamp::from_second(seconds(time))
        .map_or_else(|_| "a time too far away".to_owned(), |time| time.to_string())
}
