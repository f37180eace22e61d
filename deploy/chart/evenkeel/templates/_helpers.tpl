{{/*
Object names: at most 63 characters, a letter first, and no dots: a release's name may begin with a digit and have dots, and a
Service's may not.
*/}}
{{- define "evenkeel.fullname" -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full = ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- if not (regexMatch "^[a-z]" $full) }}{{ $full = printf "r%s" $full }}{{ end -}}
{{- end -}}
{{- include "evenkeel.cut" (dict "text" $full "length" 63) -}}
{{- end -}}

{{/* The same with something behind it, never longer either. */}}
{{- define "evenkeel.nameWith" -}}
{{- $length := int (sub 63 (len .suffix)) -}}
{{- printf "%s%s" (include "evenkeel.cut" (dict "text" (include "evenkeel.fullname" .root) "length" $length)) .suffix -}}
{{- end -}}

{{- define "evenkeel.cut" -}}
{{- .text | replace "." "-" | trunc .length | trimSuffix "-" | regexFind "^.*[^-]" -}}
{{- end -}}

{{/*
A label's value, or an image's tag: no "+", which versions have (Flux appends "+DIGEST" to a chart's), at most 63 characters,
and none but letters and digits at the ends.
*/}}
{{- define "evenkeel.labelValue" -}}
{{- regexReplaceAll "[^-A-Za-z0-9_.]" . "_" | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{/*
Name of an object outside the release's namespace. A release's name is unique in its namespace only, and a namespace has no
dot, so that no two releases share one.
*/}}
{{- define "evenkeel.uniqueName" -}}
{{- printf "%s.%s" .Release.Namespace (include "evenkeel.fullname" .) -}}
{{- end -}}

{{- define "evenkeel.selector" -}}
app.kubernetes.io/name: {{ include "evenkeel.labelValue" (default .Chart.Name .Values.nameOverride) | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "evenkeel.labels" -}}
{{ include "evenkeel.selector" . }}
app.kubernetes.io/version: {{ include "evenkeel.labelValue" .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ include "evenkeel.labelValue" (printf "%s-%s" .Chart.Name .Chart.Version) | quote }}
{{- end -}}

{{- define "evenkeel.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "evenkeel.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Name of the Service with a cluster IP, which clients know. */}}
{{- define "evenkeel.xdsService" -}}
{{- include "evenkeel.nameWith" (dict "root" . "suffix" "-xds") -}}
{{- end -}}

{{/* Where clients find the control plane: the address that goes into a bootstrap. */}}
{{- define "evenkeel.address" -}}
{{- printf "%s.%s:%v" (include "evenkeel.xdsService" .) .Release.Namespace (ternary .Values.xds.port .Values.tls.port .Values.xds.plaintext) -}}
{{- end -}}

{{- define "evenkeel.xdsPorts" -}}
{{- if .Values.xds.plaintext }}
- name: grpc-xds
  port: {{ .Values.xds.port }}
  targetPort: grpc-xds
  appProtocol: kubernetes.io/h2c
{{- end }}
{{- if .Values.tls.enabled }}
# No HTTP/2 in clear text, hence no appProtocol.
- name: tls-xds
  port: {{ .Values.tls.port }}
  targetPort: tls-xds
{{- end }}
{{- end -}}

{{/* Default tag: "+" of a version becomes "_", as Helm itself does in registries. */}}
{{- define "evenkeel.image" -}}
{{- printf "%s:%s" .Values.image.repository (default (include "evenkeel.labelValue" .Chart.AppVersion) .Values.image.tag) -}}
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
{{- if .Values.kubernetes.events }}{{ $_ := set $kubernetes "events" true }}{{ end -}}
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
{{- if .Values.service.headless }}{{ $_ := set $xds "replicas" (dict "name" (include "evenkeel.fullname" .)) }}{{ end -}}
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
{{- $all := mustMergeOverwrite $config (deepCopy .Values.config) -}}
{{- if and (dig "xds" "tls" "clients" list $all) (ne (dig "xds" "plaintext" "none" $all) "none") -}}
{{- fail (printf "config.xds.tls.clients: these rules are void while port %v is open to everybody without TLS. Set xds.plaintext=false" .Values.xds.port) -}}
{{- end -}}
{{- include "evenkeel.checkPorts" (dict "root" . "config" $all) -}}
{{- toYaml $all -}}
{{- end -}}

{{/*
Fails where two servers have one port, or where `config` has a server listen elsewhere than Services, probes and policies
have it: the pods would be ready and nobody would reach them, or be restarted for ever.
*/}}
{{- define "evenkeel.checkPorts" -}}
{{- $values := .root.Values -}}
{{- $servers := list (dict "value" "admin.port" "port" $values.admin.port "listen" .config.admin.listen "field" "config.admin.listen") -}}
{{- if $values.xds.plaintext -}}
{{- $servers = append $servers (dict "value" "xds.port" "port" $values.xds.port "listen" .config.xds.listen "field" "config.xds.listen") -}}
{{- end -}}
{{- if $values.tls.enabled -}}
{{- $servers = append $servers (dict "value" "tls.port" "port" $values.tls.port "listen" .config.xds.tls.listen "field" "config.xds.tls.listen") -}}
{{- end -}}
{{- $taken := dict -}}
{{- range $servers -}}
{{- $key := printf "p%v" .port -}}
{{- if hasKey $taken $key }}{{ fail (printf "%s and %s are both %v: each server has a port of its own" .value (get $taken $key) .port) }}{{ end -}}
{{- $_ := set $taken $key .value -}}
{{- if not (hasSuffix (printf ":%v" .port) .listen) -}}
{{- fail (printf "%s is %s, and everything else of this chart is made for port %v: set %s" .field .listen .port .value) -}}
{{- end -}}
{{- if regexMatch `^(127\.|localhost:|\[::1\]:)` .listen -}}
{{- fail (printf "%s is %s, where nothing outside the pod gets to, probes of the kubelet neither: leave it out, or set listenHost" .field .listen) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Values that are newer than the first chart, as values.yaml has them: `helm upgrade --reuse-values` brings the defaults of the
chart before along, and not those of this one.
*/}}
{{- define "evenkeel.newerValues" -}}
podSecurityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
apiServerPorts: [443, 6443, 6444, 8443, 16443]
dnsPorts: [53, 5353]
{{- end -}}

{{/* One of those as YAML: what `values` have, also where that is empty. */}}
{{- define "evenkeel.newer" -}}
{{- toYaml (get (ternary .values (include "evenkeel.newerValues" . | fromYaml) (hasKey .values .key)) .key) -}}
{{- end -}}
