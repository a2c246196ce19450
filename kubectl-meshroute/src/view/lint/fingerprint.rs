//! What a finding is recognised by after lines have moved.

use std::collections::HashMap;

use super::{Placed, Report};

/// A fingerprint for each finding that is shown, in their order; no two are the same.
///
/// Neither the line nor the message is in it. The file is where a format shows nothing else that
/// tells objects of one name apart, and where there is no object.
pub(super) fn fingerprints(report: &Report, with_file: bool) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut fingerprint = |placed: &Placed| {
        let print = fingerprint(placed, with_file);
        let count = seen.entry(print.clone()).or_default();
        *count += 1;
        // Only the order tells them apart.
        if *count == 1 { print } else { hash(&[&print, &count.to_string()]) }
    };
    report.shown().map(&mut fingerprint).collect()
}

fn fingerprint(placed: &Placed, with_file: bool) -> String {
    let Placed { finding, file, mark: _, line: _, thing, object: _, swaps: _ } = placed;
    let path = finding.path.to_string();
    let file = if with_file || thing.is_none() { file.as_str() } else { "" };
    let object = thing.as_ref().map_or([""; 4], |thing| {
        [&thing.group, &thing.kind, &thing.namespace, &thing.name].map(String::as_str)
    });
    let [group, kind, namespace, name] = object;
    hash(&[finding.lint.code, file, group, kind, namespace, name, &path, &finding.value])
}

/// FNV-1a in 128 bits: it has to stay the same for ever, and keeps nothing secret.
fn hash(parts: &[&str]) -> String {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut add = |byte: u8| {
        hash ^= u128::from(byte);
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    };
    for part in parts {
        part.bytes().for_each(&mut add);
        // No text in UTF-8 has this byte: two parts are never one longer one.
        add(0xff);
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn a_hash_never_changes() {
        assert_eq!(hash(&[]), "6c62272e07bb014262b821756295c58d");
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["MR001", "a"]), hash(&["MR001", "a"]));
    }
}
