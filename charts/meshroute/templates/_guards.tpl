{{/* Values that are fine one by one, and not together. */}}

{{- define "meshroute.guards" -}}
{{- if eq .Release.Namespace "kube-system" -}}
{{- fail "meshroute does not go into kube-system: routes of its own namespace are not checked, and its rights should be apart; install it with --namespace meshroute --create-namespace" -}}
{{- end -}}
{{- if and (not .Values.fullnameOverride) (contains "." (include "meshroute.fullname" .)) -}}
{{- fail (printf "the release name %s has a dot, which names of Services cannot have: set fullnameOverride" .Release.Name) -}}
{{- end -}}
{{- if and (eq .Values.webhook.validating.failurePolicy "Fail") (lt (int .Values.replicaCount) 2) -}}
{{- fail "webhook.validating.failurePolicy Fail needs replicaCount 2 or more: while a single replica restarts, no mesh route could be written" -}}
{{- end -}}
{{- if and (eq .Values.tls.mode "auto") (eq .Values.cluster "none") -}}
{{- fail "cluster none needs tls.mode certManager or existingSecret: auto keeps its authority in a Secret" -}}
{{- end -}}
{{- if eq .Values.tls.mode "existingSecret" -}}
{{- if not .Values.tls.existingSecret.name -}}
{{- fail "tls.mode existingSecret needs tls.existingSecret.name: a Secret with tls.crt and tls.key" -}}
{{- end -}}
{{- $injected := false -}}
{{- range $key, $_ := .Values.webhook.annotations -}}
{{- if hasPrefix "cert-manager.io/inject-" $key -}}{{- $injected = true -}}{{- end -}}
{{- end -}}
{{- if not (or .Values.tls.existingSecret.caBundle $injected) -}}
{{- fail "tls.mode existingSecret needs tls.existingSecret.caBundle, the certificate of the authority as PEM; or an annotation cert-manager.io/inject-… in webhook.annotations, which has it filled in" -}}
{{- end -}}
{{- else if or .Values.tls.existingSecret.name .Values.tls.existingSecret.caBundle -}}
{{- fail (printf "tls.existingSecret is set and tls.mode is %s: set tls.mode existingSecret" .Values.tls.mode) -}}
{{- end -}}
{{- if and .Values.tls.clientCA.names (not .Values.tls.clientCA.configMap) -}}
{{- fail "tls.clientCA.names needs tls.clientCA.configMap: a ConfigMap with ca.crt" -}}
{{- end -}}
{{- if eq (int .Values.webhook.port) (int .Values.webhook.adminPort) -}}
{{- fail (printf "webhook.port and webhook.adminPort are both %d" (int .Values.webhook.port)) -}}
{{- end -}}
{{- end -}}
