{{- define "evenkeel.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "evenkeel.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "evenkeel.labels" -}}
{{ include "evenkeel.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "evenkeel.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "evenkeel.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Where clients find the control plane: the address that belongs into a bootstrap. */}}
{{- define "evenkeel.address" -}}
{{- printf "%s.%s:%v" (include "evenkeel.fullname" .) .Release.Namespace (ternary .Values.xds.port .Values.tls.port .Values.xds.plaintext) -}}
{{- end -}}

{{- define "evenkeel.listen" -}}
{{- $host := .root.Values.listenHost -}}
{{- printf "%s:%v" (ternary (printf "[%s]" $host) $host (contains ":" $host)) .port -}}
{{- end -}}

{{/* evenkeel.yaml: what the values say, over which `config` is laid. */}}
{{- define "evenkeel.config" -}}
{{- $kubernetes := dict "enabled" true -}}
{{- with .Values.kubernetes.namespaces }}{{ $_ := set $kubernetes "namespaces" . }}{{ end -}}
{{- with .Values.kubernetes.labelSelector }}{{ $_ := set $kubernetes "labelSelector" . }}{{ end -}}
{{- $xds := dict "plaintext" "none" -}}
{{- if .Values.xds.plaintext -}}
{{- $xds = dict "plaintext" "anywhere" "listen" (include "evenkeel.listen" (dict "root" . "port" .Values.xds.port)) -}}
{{- end -}}
{{- if .Values.tls.enabled -}}
{{- $tls := dict
  "listen" (include "evenkeel.listen" (dict "root" . "port" .Values.tls.port))
  "cert" "/etc/evenkeel-tls/tls.crt"
  "key" "/etc/evenkeel-tls/tls.key"
-}}
{{- if .Values.tls.clientCertificates }}{{ $_ := set $tls "ca" "/etc/evenkeel-tls/ca.crt" }}{{ end -}}
{{- $_ := set $xds "tls" $tls -}}
{{- end -}}
{{- $admin := dict
  "listen" (include "evenkeel.listen" (dict "root" . "port" .Values.admin.port))
  "debug" .Values.admin.debug
-}}
{{- $config := dict
  "apiVersion" "evenkeel.dev/v1"
  "kind" "Config"
  "xds" $xds
  "admin" $admin
  "discovery" (dict "kubernetes" $kubernetes)
-}}
{{- toYaml (mustMergeOverwrite $config (deepCopy .Values.config)) -}}
{{- end -}}
