/** What a metric is; docs/metrics.md is held to this table by a test. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  /** One sentence. */
  readonly help: string;
}

function counter(help: string, ...labels: string[]): MetricDefinition {
  return { type: 'counter', labels, help };
}

function gauge(help: string, ...labels: string[]): MetricDefinition {
  return { type: 'gauge', labels, help };
}

const loadLabels = ['namespace', 'service', 'port', 'caller'] as const;

/**
 * Every metric of `evenkeel serve`.
 *
 * The label `type` is listener, route, cluster, endpoint or other: a client chooses the type URL, so it must not
 * become a label value as it stands.
 */
export const metricDefinitions = {
  evenkeel_build_info: gauge('Always 1; the label tells the version that runs.', 'version'),
  evenkeel_ready: gauge('1 once every source was read and the first health checks are in, so that streams are served.'),

  evenkeel_discovery_synced: gauge('1 once the source has told everything that exists.', 'source'),
  evenkeel_discovery_degraded: gauge('1 while the source fails and its last good state is served.', 'source'),
  evenkeel_discovery_last_word_age_seconds: gauge(
    'Time since the source last said anything, changes or not; its part that has been silent longest counts.',
    'source',
  ),
  evenkeel_discovery_failures_total: counter('Times a source reported a failure.', 'source', 'code'),
  evenkeel_discovery_changes_total: counter('Services in force that were changed or removed.', 'change'),
  evenkeel_discovery_conflicts: gauge('Services that a source claims although an earlier source has them.'),

  evenkeel_discovery_reads_total: counter(
    'Lists and watches that a source began, and why; a list for another reason than start is the source seeing anew.',
    'source',
    'resource',
    'verb',
    'reason',
  ),
  evenkeel_discovery_namespaces_forbidden: gauge(
    '1 for a namespace that is not served because the source may not read it.',
    'source',
    'namespace',
  ),
  evenkeel_kubernetes_events_total: counter(
    'Kubernetes Events that were to be written; dropped: too many waited.',
    'result',
  ),
  evenkeel_services: gauge('Services in force.'),
  evenkeel_services_incomplete: gauge('Services that discovery does not pass on as they are; /config_dump tells why.'),
  evenkeel_services_rejected: gauge('Services whose last change could not be translated; the state before is served.'),
  evenkeel_endpoints: gauge(
    'Endpoints of a Service port; state is published, or why it is withheld.',
    'namespace',
    'service',
    'port',
    'state',
  ),
  evenkeel_clients_without_endpoints: gauge(
    'Clients that ask for a Service port without endpoints, NAMESPACE/NAME:PORT; nothing for others.',
    'assignment',
  ),
  evenkeel_aliases: gauge('Names that clients can dial.'),
  evenkeel_aliases_refused: gauge('Names that are ambiguous or reserved; /config_dump tells why.'),
  evenkeel_largest_assignment_bytes: gauge('Size of the largest endpoint assignment; clients refuse 4 MB and more.'),

  evenkeel_health_targets: gauge('Endpoints that are checked actively, by their state.', 'state'),
  evenkeel_health_checks_total: counter('Active checks that ended.', 'result'),
  evenkeel_health_transitions_total: counter('Times an endpoint changed to a state.', 'state'),

  evenkeel_tls_certificate_expiry_timestamp_seconds: gauge('When the certificate in force ends; nothing without TLS.'),
  evenkeel_tls_reloads_total: counter(
    'Times that certificate files changed; a failed one left the last good in force.',
    'result',
  ),
  evenkeel_tls_connections_refused_total: counter('Connections with TLS whose client could not come in.', 'reason'),

  evenkeel_log_lines_left_out_total: counter(
    'Lines about clients that were not logged, as there were too many of their kind, or as nobody read them.',
    'kind',
  ),
  evenkeel_xds_streams: gauge('Open streams.'),
  evenkeel_xds_memory_bytes: gauge('Bytes that clients make it hold: messages, names, nodes, what they do not read.'),
  evenkeel_xds_memory_limit_bytes: gauge(
    'Bytes that they may make it hold; beyond it the largest loses its connection.',
  ),
  evenkeel_xds_streams_opened_total: counter('Streams that were accepted.', 'protocol'),
  evenkeel_xds_streams_refused_total: counter('Streams that were turned away.', 'reason'),
  evenkeel_xds_reconnects_total: counter(
    'Clients that were asked to reconnect because a replica came, or because the process had stood still.',
    'reason',
  ),
  evenkeel_xds_requests_total: counter('Requests that were read.', 'type'),
  evenkeel_xds_invalid_requests_total: counter('Requests that broke the protocol; their stream was ended.'),
  evenkeel_xds_faults_total: counter(
    'Streams and connections that a client lost for breaking HTTP/2, or for what it made the server hold.',
    'reason',
  ),
  evenkeel_xds_responses_total: counter('Responses that were sent.', 'type'),
  evenkeel_xds_response_bytes_total: counter('Bytes of responses that were sent.', 'type'),
  evenkeel_xds_acks_total: counter('Responses that a client accepted.', 'type'),
  evenkeel_xds_nacks_total: counter('Responses that a client rejected.', 'type'),
  evenkeel_xds_names_not_served_total: counter(
    'Targets that a client asked for and that do not exist; the log tells why.',
  ),
  evenkeel_xds_names_hidden_total: counter('Names that a client asked for and may not see.', 'type'),
  evenkeel_load_streams: gauge('Streams by which clients report their load; nothing where nobody listens.'),
  evenkeel_load_calls_total: counter(
    'Calls that began, as clients report them; caller is NAMESPACE/WORKLOAD, the smallest of a Service are together.',
    ...loadLabels,
  ),
  evenkeel_load_calls_failed_total: counter('Calls that failed, likewise.', ...loadLabels),
  evenkeel_load_verdict: gauge(
    '1 for what the calls of a Service say about evenness.',
    'namespace',
    'service',
    'port',
    'verdict',
  ),
  evenkeel_load_ejected: gauge(
    'Pods of a Service that are left out because they fail for everybody, by what clients report.',
    'namespace',
    'service',
    'port',
  ),
  evenkeel_load_ejections_total: counter(
    'Times a pod was left out for that; kind is failing, or silent where it answers nothing.',
    'namespace',
    'service',
    'port',
    'kind',
  ),
  evenkeel_load_reports_total: counter('Load reports that were read.'),
  evenkeel_load_report_bytes_total: counter('Bytes of load reports that were read.'),
  evenkeel_load_ignored_total: counter(
    'What load reports named and does not exist, or is not for the client to see.',
    'kind',
  ),
  evenkeel_load_streams_refused_total: counter(
    'Streams of load reports that a client lost for what it sent, by gRPC status.',
    'code',
  ),
  evenkeel_xds_resources: gauge('Resources in the cache, over all groups of nodes.', 'type'),
} as const satisfies Record<`evenkeel_${string}`, MetricDefinition>;

export type MetricName = keyof typeof metricDefinitions;
