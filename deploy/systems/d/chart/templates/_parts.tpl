{{/* The parts of the sample: name, what it runs, how it is probed. Both templates go through this one list. */}}
{{- define "sample.parts" -}}
- { name: sample-service-nginx, workload: sample-nginx, replicas: {{ .Values.replicas.nginx }}, protocol: http, front: true }
- { name: sample-service-go, workload: sample-go, replicas: {{ .Values.replicas.go }}, protocol: http, calls: true }
- { name: sample-service-js, workload: sample-js, replicas: {{ .Values.replicas.js }}, protocol: http, calls: true }
- { name: sample-service-grpc, workload: sample-grpc, replicas: {{ .Values.replicas.grpc }}, protocol: grpc, headless: {{ .Values.grpc.headless }} }
- { name: grpc-aged, workload: sample-grpc, replicas: {{ .Values.replicas.grpcAged }}, protocol: grpc, headless: true, aged: true }
- { name: go-aged, workload: sample-go, replicas: 1, protocol: http, calls: true, target: grpc-aged }
{{- end -}}

{{- define "sample.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
