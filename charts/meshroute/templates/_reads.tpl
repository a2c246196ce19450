{{/* What decides where requests go, or says who else writes a route: for the webhook and for people. */}}

{{- define "meshroute.reads" -}}
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes, grpcroutes, referencegrants, gateways]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [services, namespaces]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [networking.istio.io]
  resources: [virtualservices]
  verbs: [get, list, watch]
- apiGroups: [linkerd.io]
  resources: [serviceprofiles]
  verbs: [get, list, watch]
- apiGroups: [policy.linkerd.io]
  resources: [httproutes]
  verbs: [get, list, watch]
# The version of the Gateway API is written there.
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  resourceNames: [httproutes.gateway.networking.k8s.io]
  verbs: [get]
{{- end -}}

{{- define "meshroute.readsOwners" -}}
- apiGroups: [argoproj.io]
  resources: [applications, rollouts]
  verbs: [get, list, watch]
- apiGroups: [kustomize.toolkit.fluxcd.io]
  resources: [kustomizations]
  verbs: [get, list, watch]
- apiGroups: [helm.toolkit.fluxcd.io]
  resources: [helmreleases]
  verbs: [get, list, watch]
- apiGroups: [flagger.app]
  resources: [canaries]
  verbs: [get, list, watch]
{{- end -}}
