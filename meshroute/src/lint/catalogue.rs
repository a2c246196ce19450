//! The list of all lints.

use crate::lint::{
    Lint, backends, consumers, filters, matches, meshes, parents, rules, text, timeouts, weights,
};

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
    &consumers::consumer::MR020,
    &consumers::overrides::MR021,
    &consumers::no_catch_all::MR022,
    &consumers::implicit_namespace::MR023,
    &consumers::unsupported::MR024,
    &backends::port_missing::MR030,
    &backends::name_invalid::MR031,
    &backends::core_group::MR032,
    &backends::not_found::MR033,
    &backends::port_not_in_service::MR034,
    &backends::external_name::MR035,
    &backends::no_endpoints::MR036,
    &backends::app_protocol::MR037,
    &backends::duplicate::MR038,
    &backends::selector_overlap::MR039,
    &backends::cross_namespace::MR040,
    &backends::has_routes::MR041,
    &backends::parent_not_in_backends::MR042,
    &backends::unsupported_kind::MR043,
    &weights::all_zero::MR050,
    &weights::lone_zero::MR051,
    &weights::default_one::MR052,
    &weights::sum::MR053,
    &weights::not_explicit::MR054,
    &weights::invalid::MR055,
    &text::unknown_field::MR056,
    &weights::rules_disagree::MR057,
    &rules::no_catch_all::MR060,
    &rules::no_backends::MR061,
    &rules::omitted::MR062,
    &rules::unreachable::MR063,
    &rules::redundant::MR064,
    &rules::tie::MR065,
    &rules::conflict::MR066,
    &rules::grpc_clash::MR067,
    &text::duplicate_object::MR068,
    &rules::name_duplicate::MR069,
    &matches::header_twice::MR070,
    &matches::glob::MR071,
    &matches::regex_invalid::MR072,
    &matches::regex_portability::MR073,
    &matches::host_header::MR074,
    &filters::header_twice::MR080,
    &filters::header_noop::MR081,
    &filters::header_name::MR082,
    &filters::hop_by_hop::MR083,
    &filters::prefix_without_prefix::MR084,
    &filters::redirect_in_backend::MR085,
    &filters::redirect_loop::MR086,
    &filters::backend_portability::MR087,
    &filters::mirror::MR088,
    &filters::unsupported::MR089,
    &timeouts::contradiction::MR090,
    &timeouts::duration::MR091,
    &timeouts::retry_budget::MR092,
    &timeouts::retry_codes::MR093,
    &timeouts::retry_post::MR094,
    &timeouts::session::MR095,
    &timeouts::experimental::MR096,
    &meshes::waypoint_missing::MR100,
    &meshes::virtual_service::MR101,
    &meshes::service_profile::MR102,
    &meshes::not_meshed::MR103,
    &meshes::progressive_delivery::MR104,
    &meshes::gitops::MR105,
    &meshes::grpc_headers_only::MR106,
    &meshes::linkerd_retries::MR107,
    &meshes::foreign_waypoint::MR108,
    &parents::gateway_namesake::MR109,
    &parents::bypass::MR110,
    &meshes::policy_route_beside::MR111,
    &meshes::kind_unread::MR112,
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
            assert!(
                name.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-')),
                "{code}: {name}"
            );
            assert!(summary.len() <= 100 && !summary.contains('\n'), "{code}: {summary}");
            assert!(!docs.is_empty() && !bad.is_empty() && !good.is_empty(), "{code}");
            assert!(bad.contains(&format!("# {code}")), "{code}: its bad example has no mark");
        }
    }
}
