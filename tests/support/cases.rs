//! The Gateway API's conformance cases as tables: what each request must get.
//!
//! As the module's Go code expects it, read with the eyes of a split: filters that change a
//! request, and the place that a redirect names, are not part of one.

/// The namespace of the mesh cases.
pub const MESH: &str = "gateway-conformance-mesh";
/// The namespace of the mesh cases' other client.
pub const CONSUMER: &str = "gateway-conformance-mesh-consumer";
/// The namespace of the Gateway cases.
pub const INFRA: &str = "gateway-conformance-infra";

/// The profiles that must pass: the text itself, and a mesh that passes the suite.
const BOTH: &[&str] = &["spec", "istio"];
/// The text itself.
const SPEC: &[&str] = &["spec"];

/// One conformance case, or one Service of it.
#[derive(Debug)]
pub struct Case {
    /// The name in the suite.
    pub name: &'static str,
    /// The manifest without its ending.
    pub manifest: &'static str,
    /// Profiles that must pass.
    pub meshes: &'static [&'static str],
    /// The Service that clients dial, and the port.
    pub service: (&'static str, u16),
    /// The namespace of the client.
    pub client: &'static str,
    /// Requests, and where they go: `echo-v1:80`, `404`, `redirect`, `7/10 a:80 + 3/10 b:80`.
    pub requests: &'static [(&'static str, &'static str)],
}

impl Case {
    /// A mesh case: dials `echo:80` from the mesh's namespace.
    const fn mesh(
        name: &'static str,
        manifest: &'static str,
        requests: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { name, manifest, meshes: BOTH, service: ("echo", 80), client: MESH, requests }
    }

    const fn to(self, service: &'static str, port: u16) -> Self {
        Self { service: (service, port), ..self }
    }

    const fn from(self, client: &'static str) -> Self {
        Self { client, ..self }
    }

    /// A Gateway case with a Service in the place of the Gateway.
    const fn infra(
        name: &'static str,
        manifest: &'static str,
        requests: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { name, manifest, meshes: BOTH, service: ("front", 80), client: INFRA, requests }
    }
}

/// A part of the suite that no split can show.
#[derive(Debug)]
pub struct NotASplit {
    /// The case, and what of it.
    pub name: &'static str,
    /// Why no split shows it.
    pub reason: &'static str,
}

const fn not_a_split(name: &'static str, reason: &'static str) -> NotASplit {
    NotASplit { name, reason }
}

/// What the suite checks and this test does not.
pub const NOT_A_SPLIT: &[NotASplit] = &[
    not_a_split("MeshFrontend, pod IP", "requests to a pod's address reach no Service"),
    not_a_split(
        "MeshFrontend, MeshPorts, MeshConsumerRoute: header",
        "a filter's work, not a fate",
    ),
    not_a_split("MeshFrontendHostname: Host header", "the split is that of the dialled Service"),
    not_a_split("MeshHTTPRouteRequestHeaderModifier: headers", "a filter's work, not a fate"),
    not_a_split("MeshHTTPRouteRewritePath: path", "a filter's work, not a fate"),
    not_a_split("redirects: status and Location", "the fate is a redirect, whatever it says"),
    not_a_split("invalid ReferenceGrant cases", "mesh routes need no grant (GEP-1294)"),
];

/// `tests/mesh/*.yaml` over `mesh/manifests.yaml`.
pub const MESH_CASES: &[Case] = &[
    Case::mesh("MeshBasic", "", &[("GET /", "echo:80")]),
    Case::mesh(
        "MeshTrafficSplit",
        "mesh-split",
        &[("GET /v1", "echo-v1:80"), ("GET /v2", "echo-v2:80")],
    ),
    Case::mesh("MeshFrontend", "mesh-frontend", &[("GET /", "echo-v2:80")]).to("echo-v2", 80),
    Case::mesh("MeshFrontendHostname", "mesh-frontend", &[("GET / host:echo-v1", "echo-v2:80")])
        .to("echo-v2", 80),
    Case::mesh("MeshFrontendHostname", "mesh-frontend", &[("GET / host:echo-v2", "echo-v1:80")])
        .to("echo-v1", 80),
    Case::mesh("MeshPorts", "mesh-ports", &[("GET /", "echo-v1:80")]).to("echo-v1", 80),
    Case::mesh("MeshPorts", "mesh-ports", &[("GET /", "echo-v1:8080")]).to("echo-v1", 8080),
    Case::mesh("MeshPorts", "mesh-ports", &[("GET /", "echo-v2:80")]).to("echo-v2", 80),
    Case::mesh("MeshPorts", "mesh-ports", &[("GET /", "echo-v2:80")]).to("echo-v2", 8080),
    Case::mesh("MeshConsumerRoute", "mesh-consumer-route", &[("GET /", "echo-v1:80")])
        .to("echo-v1", 80)
        .from(CONSUMER),
    Case::mesh("MeshConsumerRoute", "mesh-consumer-route", &[("GET /", "echo-v1:80")])
        .to("echo-v1", 80),
    Case::mesh(
        "MeshHTTPRouteSimpleSameNamespace",
        "httproute-simple-same-namespace",
        &[("GET /", "echo-v1:8080")],
    ),
    Case::mesh(
        "MeshHTTPRouteMatching",
        "httproute-matching",
        &[
            ("GET /", "echo-v1:8080"),
            ("GET /example", "echo-v1:8080"),
            ("GET / Version:one", "echo-v1:8080"),
            ("GET /v2", "echo-v2:8080"),
            ("GET /v2/example", "echo-v2:8080"),
            ("GET / Version:two", "echo-v2:8080"),
            ("GET /v2/", "echo-v2:8080"),
            ("GET /v2example", "echo-v1:8080"),
            ("GET /foo/v2/example", "echo-v1:8080"),
        ],
    ),
    Case::mesh(
        "MeshHTTPRouteQueryParamMatching",
        "httproute-query-param-matching",
        &[
            ("GET /?animal=whale", "echo-v1:8080"),
            ("GET /?animal=dolphin", "echo-v2:8080"),
            ("GET /?animal=whale&otherparam=irrelevant", "echo-v1:8080"),
            ("GET /?animal=dolphin&color=yellow", "echo-v2:8080"),
            ("GET /?color=blue", "404"),
            ("GET /?animal=dog", "404"),
            ("GET /?animal=whaledolphin", "404"),
            ("GET /", "404"),
            ("GET /path1?animal=whale", "echo-v1:8080"),
            ("GET /?animal=whale version:one", "echo-v2:8080"),
            ("GET /path3?animal=shark", "echo-v1:8080"),
            ("GET /path4?animal=kraken version:three", "echo-v1:8080"),
            ("GET /?animal=shark", "404"),
            ("GET /path4?animal=kraken", "404"),
            ("GET /path5?animal=hydra", "echo-v1:8080"),
        ],
    ),
    Case::mesh(
        "MeshHTTPRouteNamedRule",
        "httproute-named-rule",
        &[("GET /named", "echo-v1:8080"), ("GET /unnamed", "echo-v2:8080")],
    ),
    Case::mesh(
        "MeshHTTPRouteWeight",
        "httproute-weight",
        &[("GET /", "7/10 echo-v1:8080 + 3/10 echo-v2:8080")],
    ),
    Case::mesh(
        "MeshGRPCRouteWeight",
        "grpcroute-weight",
        &[(ECHO, "7/10 echo-v1:7070 + 3/10 echo-v2:7070")],
    )
    .to("echo", 7070),
    Case::mesh("MeshHTTPRouteRequestHeaderModifier", "httproute-request-header-modifier", HEADERS),
    Case::mesh(
        "MeshHTTPRouteBackendRequestHeaderModification",
        "httproute-request-header-modifier-backend",
        HEADERS,
    ),
    Case::mesh(
        "MeshHTTPRouteRewritePath",
        "httproute-rewrite-path",
        &[
            ("GET /prefix/one/two", "echo-v1:80"),
            ("GET /strip-prefix/three", "echo-v1:80"),
            ("GET /strip-prefix", "echo-v1:80"),
            ("GET /full/one/two", "echo-v1:80"),
            ("GET /full/rewrite-path-and-modify-headers/test", "echo-v1:80"),
            ("GET /prefix/rewrite-path-and-modify-headers/one", "echo-v1:80"),
        ],
    ),
    Case::mesh(
        "MeshHTTPRoute303Redirect",
        "httproute-303-redirect",
        &[("GET /redirect", "redirect")],
    ),
    Case::mesh(
        "MeshHTTPRoute307Redirect",
        "httproute-307-redirect",
        &[("GET /temporary", "redirect")],
    ),
    Case::mesh(
        "MeshHTTPRoute308Redirect",
        "httproute-308-redirect",
        &[("GET /permanent", "redirect")],
    ),
    Case::mesh(
        "MeshHTTPRouteRedirectHostAndStatus",
        "httproute-redirect-host-and-status",
        &[("GET /hostname-redirect", "redirect"), ("GET /host-and-status", "redirect")],
    ),
    Case::mesh(
        "MeshHTTPRouteRedirectPath",
        "httproute-redirect-path",
        &[
            ("GET /original-prefix/lemon", "redirect"),
            ("GET /full/path/original", "redirect"),
            ("GET /path-and-host", "redirect"),
            ("GET /path-and-status", "redirect"),
            ("GET /full-path-and-host", "redirect"),
            ("GET /full-path-and-status", "redirect"),
        ],
    ),
    Case::mesh(
        "MeshHTTPRouteRedirectPort",
        "httproute-redirect-port",
        &[
            ("GET /port", "redirect"),
            ("GET /port-and-host", "redirect"),
            ("GET /port-and-status", "redirect"),
            ("GET /port-and-host-and-status", "redirect"),
        ],
    ),
    Case::mesh(
        "MeshHTTPRouteSchemeRedirect",
        "httproute-redirect-scheme",
        &[
            ("GET /scheme", "redirect"),
            ("GET /scheme-and-host", "redirect"),
            ("GET /scheme-and-status", "redirect"),
            ("GET /scheme-and-host-and-status", "redirect"),
        ],
    ),
];

const ECHO: &str = "POST /gateway_api_conformance.echo_basic.grpcecho.GrpcEcho/Echo";

const HEADERS: &[(&str, &str)] = &[
    ("GET /set", "echo-v1:8080"),
    ("GET /set X-Header-Set:some-other-value", "echo-v1:8080"),
    ("GET /add", "echo-v1:8080"),
    ("GET /add X-Header-Add:some-other-value", "echo-v1:8080"),
    ("GET /remove X-Header-Remove:val", "echo-v1:8080"),
    ("GET /multiple X-Header-Set-2:set-val-2", "echo-v1:8080"),
    ("GET /case-insensitivity x-header-set:original-val-set", "echo-v1:8080"),
];

const V1: &str = "infra-backend-v1:8080";
const V2: &str = "infra-backend-v2:8080";
const V3: &str = "infra-backend-v3:8080";

/// `tests/*.yaml` over `base/manifests.yaml`, with a Service as parent.
pub const INFRA_CASES: &[Case] = &[
    Case::infra(
        "HTTPRouteHeaderMatching",
        "httproute-header-matching",
        &[
            ("GET / Version:one", V1),
            ("GET / Version:two", V2),
            ("GET / Version:two Color:orange", V1),
            ("GET / Version:two Color:blue", V2),
            ("GET / Color:orange", "404"),
            ("GET / Some-Other-Header:one", "404"),
            ("GET / Color:blue", V1),
            ("GET / Color:green", V1),
            ("GET / Color:red", V2),
            ("GET / Color:yellow", V2),
            ("GET / Color:purple", "404"),
            ("GET /", "404"),
        ],
    ),
    Case::infra(
        "HTTPRouteMethodMatching",
        "httproute-method-matching",
        &[
            ("POST /", V1),
            ("GET /", V2),
            ("HEAD /", "404"),
            ("GET /path1", V1),
            ("PUT / version:one", V2),
            ("POST /path2 version:two", V3),
            ("PATCH /path3", V1),
            ("DELETE /path4 version:three", V1),
            ("PUT /", "404"),
            ("DELETE /path4", "404"),
            ("PATCH /path5", V1),
            ("PATCH / version:four", V2),
        ],
    ),
    Case::infra(
        "HTTPRoutePathMatchOrder",
        "httproute-path-match-order",
        &[
            ("GET /match/exact/one", V3),
            ("GET /match/exact", V2),
            ("GET /match", V1),
            ("GET /match/prefix/one/any", V2),
            ("GET /match/prefix/any", V1),
            ("GET /match/any", V3),
        ],
    ),
    Case::infra(
        "HTTPRouteExactPathMatching",
        "httproute-exact-path-matching",
        &[
            ("GET /one", V1),
            ("GET /two", V2),
            ("GET /", "404"),
            ("GET /one/example", "404"),
            ("GET /two/", "404"),
            ("GET /Two", "404"),
        ],
    ),
    Case::infra(
        "HTTPRouteQueryParamMatching",
        "httproute-query-param-matching",
        &[
            ("GET /?animal=whale", V1),
            ("GET /?animal=dolphin", V2),
            ("GET /?animal=dolphin&color=blue", V3),
            ("GET /?ANIMAL=Whale", V3),
            ("GET /?animal=whale&otherparam=irrelevant", V1),
            ("GET /?animal=dolphin&color=yellow", V2),
            ("GET /?color=blue", "404"),
            ("GET /?animal=dog", "404"),
            ("GET /?animal=whaledolphin", "404"),
            ("GET /", "404"),
            ("GET /path1?animal=whale", V1),
            ("GET /?animal=whale version:one", V2),
            ("GET /path2?animal=whale version:two", V3),
            ("GET /path3?animal=shark", V1),
            ("GET /path4?animal=kraken version:three", V1),
            ("GET /?animal=shark", "404"),
            ("GET /path4?animal=kraken", "404"),
            ("GET /path5?animal=hydra", V1),
            ("GET /?animal=hydra version:four", V3),
        ],
    ),
    Case::infra(
        "HTTPRouteWeight",
        "httproute-weight",
        &[("GET /", "7/10 infra-backend-v1:8080 + 3/10 infra-backend-v2:8080")],
    ),
    Case::infra(
        "HTTPRouteNoBackendRefs",
        "httproute-omitted-backendrefs",
        &[("GET /omitted-no-forward", "500"), ("GET /empty-no-forward", "500"), ("GET /", V1)],
    ),
    Case::infra(
        "HTTPRouteInvalidNonExistentBackendRef",
        "httproute-invalid-nonexistent-backendref",
        &[("GET /", "500")],
    ),
    Case::infra(
        "HTTPRouteInvalidBackendRefUnknownKind",
        "httproute-invalid-backendref-unknown-kind",
        &[("GET /", "500")],
    ),
    // Istio sends the share of a headless backend to the address that was dialled.
    Case {
        meshes: SPEC,
        ..Case::infra(
            "HTTPRouteServiceTypes",
            "httproute-service-types",
            &[
                ("GET /manual-endpointslices", "manual-endpointslices:8080"),
                ("GET /headless", "headless:8080"),
                ("GET /headless-manual-endpointslices", "headless-manual-endpointslices:8080"),
            ],
        )
    },
    // Its hostnames stay in: mesh routes have none, so they must not matter.
    Case::infra(
        "HTTPRouteMatchingAcrossRoutes",
        "httproute-matching-across-routes",
        &[
            ("GET /", V1),
            ("GET /example", V1),
            ("GET /example Version:one", V1),
            ("GET /v2", V2),
            ("GET /v2/example", V2),
            ("GET / Version:two", V2),
        ],
    ),
    Case::infra(
        "GRPCExactMethodMatching",
        "grpcroute-exact-method-matching",
        &[(ECHO, "grpc-infra-backend-v1:8080"), (ECHO_TWO, "grpc-infra-backend-v2:8080")],
    ),
];

const ECHO_TWO: &str = "POST /gateway_api_conformance.echo_basic.grpcecho.GrpcEcho/EchoTwo";
