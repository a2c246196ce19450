//! Lints about what a route attaches to.

pub(super) mod bypass;
pub(super) mod core_gateway;
pub(super) mod core_group;
pub(super) mod duplicate;
pub(super) mod external_name;
pub(super) mod gateway_and_service;
pub(super) mod gateway_namesake;
pub(super) mod headless;
pub(super) mod hostname_ip;
pub(super) mod hostnames;
pub(super) mod kind_case;
pub(super) mod name_invalid;
pub(super) mod not_found;
pub(super) mod port_and_portless;
pub(super) mod port_not_in_service;
pub(super) mod port_protocol;
pub(super) mod ports_need_experimental;
pub(super) mod section_name;
pub(super) mod service_type;
pub(super) mod wrong_group;
