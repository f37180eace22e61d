{{/* The same words as `evenkeel bootstrap --kubernetes`; a test compares them. */}}
{{- define "evenkeel.bootstrap" -}}
env:
  - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
  - { name: POD_NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }
  - { name: NODE_NAME, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }
  - name: GRPC_XDS_BOOTSTRAP_CONFIG
    value: >-
      {"xds_servers":[{"server_uri":"dns:///{{ include "evenkeel.address" . }}","channel_creds":{{ include "evenkeel.channelCreds" . }},"server_features":["xds_v3","ignore_resource_deletion"]}],
      "node":{"id":"$(POD_NAME)","locality":{"region":"","zone":"","sub_zone":""},"metadata":{"namespace":"$(POD_NAMESPACE)","kubeNode":"$(NODE_NAME)"}}}
{{- end -}}

{{- define "evenkeel.channelCreds" -}}
{{- if .Values.xds.plaintext -}}
[{"type":"insecure"}]
{{- else if .Values.tls.clientCertificates -}}
[{"type":"tls","config":{"ca_certificate_file":"/etc/evenkeel-tls/ca.crt","certificate_file":"/etc/evenkeel-tls/tls.crt","private_key_file":"/etc/evenkeel-tls/tls.key","refresh_interval":"60s"}}]
{{- else -}}
[{"type":"tls","config":{"ca_certificate_file":"/etc/evenkeel-tls/ca.crt","refresh_interval":"60s"}}]
{{- end -}}
{{- end -}}

{{- define "evenkeel.bootstrapTlsFlags" }} \
       --tls-ca /etc/evenkeel-tls/ca.crt
{{- if .Values.tls.clientCertificates }} \
       --tls-cert /etc/evenkeel-tls/tls.crt --tls-key /etc/evenkeel-tls/tls.key
{{- end }}
{{- end -}}
