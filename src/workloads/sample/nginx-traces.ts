/**
 * Spans for a front that has no tracer of its own. nginx names its span (the first half of its request id) in the headers
 * that it passes on, in the form that came, and says in an access log, over UDP on loopback, what the span needs.
 */
export interface NginxTraces {
  /** `HOST:PORT` that takes the log. */
  readonly log: string;
  /** Share of the traces that begin here which are sampled, 0 to 1. */
  readonly share: number;
}

/** A line of the access log; every field is text, empty where there is nothing. */
export type LoggedRequest = Readonly<Record<(typeof fields)[number][0], string>>;

const fields = [
  ['method', '$request_method'],
  ['url', '$request_uri'],
  ['status', '$status'],
  // When it was written, which is when the answer was sent, and how long the request took; seconds.
  ['endedAt', '$msec'],
  ['took', '$request_time'],
  ['upstream', '$upstream_addr'],
  ['client', '$remote_addr'],
  ['clientPort', '$remote_port'],
  ['host', '$http_host'],
  ['protocol', '$server_protocol'],
  ['user', '$arg_user'],
  ['request', '$request_id'],
  ['span', '$evenkeel_span'],
  ['sampled', '$evenkeel_sampled'],
  ['traceparent', '$http_traceparent'],
  ['tracestate', '$http_tracestate'],
  ['baggage', '$http_baggage'],
  ['b3', '$http_b3'],
  ['x-b3-traceid', '$http_x_b3_traceid'],
  ['x-b3-spanid', '$http_x_b3_spanid'],
  ['x-b3-sampled', '$http_x_b3_sampled'],
  ['x-b3-flags', '$http_x_b3_flags'],
] as const;

/** Lines for the `http` block. */
export function traceLines({ log, share }: NginxTraces): string[] {
  const percent = Math.round(share * 10_000) / 100;
  const sampled =
    percent >= 100 || percent <= 0
      ? ['  map $request_id $evenkeel_sampled {', `    default ${percent >= 100 ? '01' : '00'};`, '  }']
      : ['  split_clients $request_id $evenkeel_sampled {', `    ${percent}% 01;`, '    * 00;', '  }'];
  return [
    '  map $request_id $evenkeel_span {',
    '    "~^(?<evenkeel_half>[0-9a-f]{16})" $evenkeel_half;',
    '  }',
    ...sampled,
    '  map "$http_traceparent;$http_b3$http_x_b3_traceid$http_x_b3_sampled" $evenkeel_traceparent {',
    '    "~^00-(?<evenkeel_trace>[0-9a-f]{32})-[0-9a-f]{16}-(?<evenkeel_flags>[0-9a-f]{2});" 00-$evenkeel_trace-$evenkeel_span-$evenkeel_flags;',
    '    "~;.+$" "";',
    '    default 00-$request_id-$evenkeel_span-$evenkeel_sampled;',
    '  }',
    '  map $http_b3 $evenkeel_b3 {',
    '    "~^(?<evenkeel_b3_trace>[0-9a-f]+)-[0-9a-f]{16}(?<evenkeel_b3_rest>-[01d])?" $evenkeel_b3_trace-$evenkeel_span$evenkeel_b3_rest;',
    '    default $http_b3;',
    '  }',
    '  map $http_x_b3_traceid $evenkeel_b3_span {',
    '    "" "";',
    '    default $evenkeel_span;',
    '  }',
    '  proxy_set_header traceparent $evenkeel_traceparent;',
    '  proxy_set_header b3 $evenkeel_b3;',
    '  proxy_set_header X-B3-SpanId $evenkeel_b3_span;',
    '  proxy_set_header X-B3-ParentSpanId $http_x_b3_spanid;',
    `  log_format evenkeel escape=json '{${fields.map(([name, value]) => `"${name}":"${value}"`).join(',')}}';`,
    `  access_log syslog:server=${log},nohostname evenkeel;`,
  ];
}

/** The log's line in a datagram of syslog; undefined where it is cut short, or none. */
export function readLogged(datagram: Buffer): LoggedRequest | undefined {
  const text = datagram.toString();
  try {
    const line: unknown = JSON.parse(text.slice(text.indexOf('{')));
    if (typeof line !== 'object' || line === null) return undefined;
    const named = line as Record<string, unknown>;
    return fields.every(([name]) => typeof named[name] === 'string') ? (named as LoggedRequest) : undefined;
  } catch {
    return undefined;
  }
}

/** Share of new traces by the sampler that the environment names (OpenTelemetry, "Environment Variable Specification"). */
export function shareOf(env: NodeJS.ProcessEnv): number {
  const sampler = env.OTEL_TRACES_SAMPLER ?? '';
  if (sampler.endsWith('always_off')) return 0;
  if (!sampler.endsWith('traceidratio')) return 1;
  const share = Number(env.OTEL_TRACES_SAMPLER_ARG || 1);
  return share >= 0 && share <= 1 ? share : 1;
}
