//! Bytes that may be a certificate and its key: taken, or refused in words.

#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use meshroute_webhook::tls::Pair;

fuzz_target!(|bytes: &[u8]| {
    // The same time always, so that what is found is found again.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let half = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (chain, key) = (&bytes[..half], bytes.get(half + 1..).unwrap_or_default());
    if let Err(problem) = Pair::from_pem(chain, key, now) {
        assert!(!problem.is_empty());
    }
});
