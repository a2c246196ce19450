{{/* The settings of the program, a flag each. What the program does by itself is not said. */}}
{{- define "meshroute.args" -}}
{{- $address := ternary "[::]" .Values.webhook.address (eq .Values.webhook.address "::") -}}
- --listen={{ $address }}:{{ .Values.webhook.port }}
- --admin-listen={{ $address }}:{{ .Values.webhook.adminPort }}
{{- if eq .Values.tls.mode "auto" }}
- --tls=auto
- --namespace={{ .Release.Namespace }}
- --tls-secret={{ include "meshroute.webhook" . }}-ca
- --webhook-configuration={{ include "meshroute.cluster" (dict "root" . "suffix" "") }}
{{- else }}
- --tls=files
- --tls-cert=/etc/meshroute/tls/tls.crt
- --tls-key=/etc/meshroute/tls/tls.key
{{- end }}
- --tls-name={{ include "meshroute.host" . }}
{{- if eq .Values.tls.minVersion "1.3" }}
- --tls-min=1.3
{{- end }}
{{- with .Values.tls.clientCA }}
{{- if .configMap }}
- --client-ca=/etc/meshroute/client-ca/ca.crt
{{- with .names }}
- --client-name={{ join "," . }}
{{- end }}
{{- end }}
{{- end }}
- --cluster={{ .Values.cluster }}
- --mesh={{ default "auto" (join "," .Values.mesh) }}
- --enforce={{ .Values.enforce }}
- --ignore={{ .Values.ignore }}
{{- $levels := list }}
{{- range $code, $level := .Values.levels }}
{{- /* YAML reads off as false. */}}
{{- $levels = append $levels (printf "%s=%s" $code (ternary "off" $level (kindIs "bool" $level))) }}
{{- end }}
{{- with $levels }}
- --level={{ join "," . }}
{{- end }}
- --shutdown-delay={{ .Values.shutdown.delaySeconds }}
- --log={{ .Values.log }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}
