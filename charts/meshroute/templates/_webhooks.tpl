{{/* What both configurations have in common. */}}

{{- define "meshroute.configuration" -}}
metadata:
  name: {{ include "meshroute.cluster" (dict "root" . "suffix" "") }}
  labels:
    {{- include "meshroute.labels" . | nindent 4 }}
  {{- if or .Values.webhook.annotations (eq .Values.tls.mode "certManager") }}
  annotations:
    {{- if eq .Values.tls.mode "certManager" }}
    cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "meshroute.webhook" . }}
    {{- end }}
    {{- with .Values.webhook.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
A webhook but its name: .root, .path, .timeoutSeconds, .failurePolicy, and what it is narrowed to by
.expressions of its namespaceSelector and by .conditions.
Nothing is asked about routes of Gateways only, of any other kind, of status, or of deletions.
*/}}
{{- define "meshroute.hook" -}}
{{- $root := .root -}}
clientConfig:
  service:
    name: {{ include "meshroute.webhook" $root }}
    namespace: {{ $root.Release.Namespace }}
    path: {{ .path }}
    port: 443
  {{- with $root.Values.tls.existingSecret.caBundle }}
  caBundle: {{ b64enc . }}
  {{- end }}
rules:
  - apiGroups: [gateway.networking.k8s.io]
    apiVersions: [v1]
    resources: [httproutes, grpcroutes]
    operations: [CREATE, UPDATE]
    scope: Namespaced
matchPolicy: Equivalent
sideEffects: None
admissionReviewVersions: [v1]
timeoutSeconds: {{ .timeoutSeconds }}
failurePolicy: {{ .failurePolicy }}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values: [{{ $root.Release.Namespace }}, kube-system]
    - key: meshroute.dev/admission
      operator: NotIn
      values: [disabled]
    {{- with concat .expressions $root.Values.webhook.extraNamespaceSelector }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
objectSelector: {}
matchConditions:
  # A parent, now or before, is a Service or a near miss of one.
  - name: mesh-routes
    expression: >-
      [object, oldObject].exists(o, o != null
      && o.?spec.?parentRefs.orValue([]).exists(p,
      p.?group.orValue('gateway.networking.k8s.io') in ['', 'core']
      || p.?kind.orValue('Gateway').lowerAscii() in ['service', 'services', 'svc', 'serviceimport']))
  {{- with concat .conditions $root.Values.webhook.extraMatchConditions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
