//! Bytes that may be a certificate and its key: taken, or refused in words.

#![no_main]

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;
use meshroute_webhook::tls::{Pair, Terms};

fuzz_target!(|bytes: &[u8]| {
    // The same time always, so that what is found is found again.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let (chain, key) = match bytes {
        // As in two files, with a zero between.
        [b'-', ..] => {
            let half = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            (bytes[..half].to_vec(), bytes.get(half + 1..).unwrap_or_default().to_vec())
        }
        // The length of a certificate, and what stands below its base64 and that of the key.
        [high, low, rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
            let (certificate, key) = rest.split_at(length);
            (pem("CERTIFICATE", certificate), pem("PRIVATE KEY", key))
        }
        _ => return,
    };
    let taken = Pair::from_pem(&chain, &key, now)
        .and_then(|pair| pair.check_names(&["localhost".to_owned()]).map(|()| pair))
        .and_then(|pair| Terms::default().apply(pair).map(drop));
    if let Err(problem) = taken {
        assert!(!problem.is_empty() && !problem.contains('\n'), "{problem:?}");
    }
});

fn pem(name: &str, bytes: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(bytes);
    format!("-----BEGIN {name}-----\n{text}\n-----END {name}-----\n").into_bytes()
}
