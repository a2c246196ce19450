//! The list of all lints.

use crate::lint::{Lint, backends, parents, text, weights};

/// All lints, in the order of their codes.
pub static ALL: &[&Lint] = &[
    &parents::wrong_group::MR001,
    &parents::core_gateway::MR002,
    &parents::kind_case::MR003,
    &parents::name_invalid::MR004,
    &parents::duplicate::MR005,
    &parents::core_group::MR006,
    &parents::ports_need_experimental::MR007,
    &parents::section_name::MR008,
    &parents::port_and_portless::MR009,
    &parents::not_found::MR010,
    &parents::port_not_in_service::MR011,
    &parents::headless::MR012,
    &parents::external_name::MR013,
    &parents::service_type::MR014,
    &parents::port_protocol::MR015,
    &parents::gateway_and_service::MR016,
    &parents::hostnames::MR017,
    &parents::hostname_ip::MR018,
    &backends::not_found::MR033,
    &weights::all_zero::MR050,
    &weights::invalid::MR055,
    &text::unknown_field::MR056,
    &parents::gateway_namesake::MR109,
    &parents::bypass::MR110,
    &text::ignore_without_reason::MR900,
    &text::ignore_unused::MR901,
    &text::unreadable::MR902,
    &text::key_twice::MR903,
    &text::odd_number::MR904,
    &text::odd_boolean::MR905,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_texts_are_there() {
        assert!(ALL.is_sorted_by(|a, b| a.code < b.code), "each code is there once, in order");
        for lint in ALL {
            let Lint { code, name, summary, docs, bad, good, .. } = lint;
            let is_code = code.strip_prefix("MR").is_some_and(|number| number.len() == 3);
            assert!(is_code, "{code}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{code}: {name}");
            assert!(summary.len() <= 100 && !summary.contains('\n'), "{code}: {summary}");
            assert!(!docs.is_empty() && !bad.is_empty() && !good.is_empty(), "{code}");
            assert!(bad.contains(&format!("# {code}")), "{code}: its bad example has no mark");
        }
    }
}
