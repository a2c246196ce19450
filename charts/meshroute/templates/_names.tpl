{{/* What objects are called, and what labels they carry. */}}

{{/*
The release, or what stands for it. Names of Services hold 63 characters, of which a suffix takes a few;
a name that is cut gets a hash, so that two long ones stay two.
*/}}
{{- define "meshroute.fullname" -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $name = .Release.Name -}}
{{- if not (contains $chart .Release.Name) -}}
{{- $name = printf "%s-%s" .Release.Name $chart -}}
{{- end -}}
{{- end -}}
{{- if gt (len $name) 50 -}}
{{- $name = printf "%s-%s" (trunc 41 $name) (sha256sum $name | trunc 8) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Everything that runs in the namespace of the release. */}}
{{- define "meshroute.webhook" -}}
{{- include "meshroute.fullname" . }}-webhook
{{- end -}}

{{/*
An object without a namespace: releases of one name in two namespaces must not meet. Names of namespaces have
no dots, so no two releases can have the same one.
*/}}
{{- define "meshroute.cluster" -}}
{{- $name := include "meshroute.fullname" .root -}}
{{- $name = ternary $name (printf "%s-%s" $name .suffix) (empty .suffix) -}}
{{- if ne .root.Release.Namespace (include "meshroute.fullname" .root) -}}
{{- $name = printf "%s.%s" $name .root.Release.Namespace -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{- define "meshroute.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "meshroute.webhook" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The name by which an API server calls a Service, which the certificate has to hold. */}}
{{- define "meshroute.host" -}}
{{- include "meshroute.webhook" . }}.{{ .Release.Namespace }}.svc
{{- end -}}

{{/* The Secret of the certificate that is served, where there is one. */}}
{{- define "meshroute.certificate" -}}
{{- if eq .Values.tls.mode "existingSecret" -}}
{{- .Values.tls.existingSecret.name -}}
{{- else -}}
{{- include "meshroute.webhook" . }}-tls
{{- end -}}
{{- end -}}

{{- define "meshroute.image" -}}
{{- $image := .Values.image.repository -}}
{{- if or .Values.image.tag (not .Values.image.digest) -}}
{{- $image = printf "%s:%s" $image (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- $image = printf "%s@%s" $image .Values.image.digest -}}
{{- end -}}
{{- $image -}}
{{- end -}}

{{/* Labels that never change, as Deployments cannot have others later. */}}
{{- define "meshroute.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "meshroute.labels" -}}
{{ include "meshroute.selector" . }}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | trunc 63 | quote }}
app.kubernetes.io/part-of: meshroute
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
