//! The JSON of filters (Gateway API, `apis/v1/httproute_types.go`).

use super::{
    Any, Found, List,
    found::{self, wire},
};

wire! {
    /// One entry of `filters`.
    closed Filter {
        kind "type": String,
        request_header_modifier "requestHeaderModifier": HeaderModifier,
        response_header_modifier "responseHeaderModifier": HeaderModifier,
        request_mirror "requestMirror": Mirror,
        request_redirect "requestRedirect": Redirect,
        url_rewrite "urlRewrite": Rewrite,
        cors "cors": Any,
        extension_ref "extensionRef": Any,
        external_auth "externalAuth": Any,
    }
}

wire! {
    /// `requestHeaderModifier` and `responseHeaderModifier`.
    closed HeaderModifier {
        set "set": List<Header>,
        add "add": List<Header>,
        remove "remove": List<String>,
    }
}

wire! {
    /// A header, and the value that it gets.
    closed Header {
        name "name": String,
        value "value": String,
    }
}

wire! {
    /// `requestMirror`.
    closed Mirror {
        backend_ref "backendRef": Reference,
        percent "percent": i64,
        fraction "fraction": Fraction,
    }
}

wire! {
    /// `backendRef` of a mirror.
    closed Reference {
        group "group": String,
        kind "kind": String,
        namespace "namespace": String,
        name "name": String,
        port "port": i64,
    }
}

wire! {
    /// `fraction` of a mirror.
    closed Fraction {
        numerator "numerator": i64,
        denominator "denominator": i64,
    }
}

wire! {
    /// `requestRedirect`.
    closed Redirect {
        scheme "scheme": String,
        hostname "hostname": String,
        path "path": PathModifier,
        port "port": i64,
        status_code "statusCode": i64,
    }
}

wire! {
    /// `urlRewrite`.
    closed Rewrite {
        hostname "hostname": String,
        path "path": PathModifier,
    }
}

wire! {
    /// `path` of a redirect or of a rewrite.
    closed PathModifier {
        kind "type": String,
        replace_full_path "replaceFullPath": String,
        replace_prefix_match "replacePrefixMatch": String,
    }
}
