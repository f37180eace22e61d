import { type NginxTraces, traceLines } from './nginx-traces.ts';

/** What a front passes on, and where to. */
export interface NginxRoute {
  /** `/go`: this path and everything below it. */
  readonly path: string;
  /** `host:port`; a name is looked up for each request (within its TTL), never at the start. */
  readonly upstream: string;
}

export interface NginxSettings {
  /** Folder for what nginx writes; of this nginx alone. */
  readonly directory: string;
  readonly listen: string;
  readonly pod: string;
  readonly routes: readonly NginxRoute[];
  /** `address:port` of DNS servers. */
  readonly resolvers: readonly string[];
  readonly deadlineMs: number;
  /** As root, nginx would give its workers to a user who cannot write to the folder. */
  readonly asRoot: boolean;
  /** Absent: no traces. */
  readonly traces?: NginxTraces | undefined;
}

/**
 * The configuration of the front of system D. Three things in it are what the write-up stumbled over:
 *
 * - An upstream in a variable is looked up when a request comes, so nginx starts, and stays up, while the Service does not
 *   exist yet; a name written straight into `proxy_pass` is looked up at the start, and nginx ends when it is unknown.
 * - `proxy_pass` without a path passes the request's path on as it is, so `/go/sample` arrives as `/go/sample`: the prefix
 *   neither goes missing nor comes twice.
 * - `/gopher` is not below `/go`.
 */
export function nginxConfig(settings: NginxSettings): string {
  const { directory, listen, pod, routes, resolvers, deadlineMs, asRoot, traces } = settings;
  const resolver = resolvers.length === 0 ? [] : [`  resolver ${resolvers.join(' ')} valid=1s ipv6=off;`];
  return `${[
    ...(asRoot ? ['user root root;'] : []),
    'daemon off;',
    'worker_processes 1;',
    `pid ${directory}/nginx.pid;`,
    'error_log stderr error;',
    'events {',
    '  worker_connections 1024;',
    '}',
    'http {',
    ...(traces === undefined ? ['  access_log off;'] : traceLines(traces)),
    '  server_tokens off;',
    '  client_max_body_size 64k;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path ${directory}/${kind};`),
    ...resolver,
    `  resolver_timeout ${deadlineMs}ms;`,
    `  proxy_connect_timeout ${deadlineMs}ms;`,
    `  proxy_read_timeout ${deadlineMs}ms;`,
    '  proxy_http_version 1.1;',
    '  proxy_set_header Host $host;',
    '  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    '  default_type application/json;',
    '  server {',
    `    listen ${listen};`,
    '    location = / {',
    `      add_header evenkeel-pod ${quoted(pod)};`,
    `      return 200 ${quoted(JSON.stringify({ service: 'sample-nginx', path: '/', hostname: pod }))};`,
    '    }',
    '    location / {',
    `      return 404 ${quoted(JSON.stringify({ error: 'the front has no route for this path' }))};`,
    '    }',
    ...routes.flatMap(routeLines),
    '  }',
    '}',
  ].join('\n')}\n`;
}

function routeLines({ path, upstream }: NginxRoute, index: number): string[] {
  const failures = [
    ['503', '502 503', 'UNAVAILABLE', 'nobody answers there'],
    ['504', '504', 'DEADLINE_EXCEEDED', 'no answer in time'],
  ] as const;
  return [
    `    location ~ ^${path}(/|$) {`,
    `      set $upstream ${quoted(`http://${upstream}`)};`,
    '      proxy_pass $upstream;',
    ...failures.map(([code, caught]) => `      error_page ${caught} = @failed_${index}_${code};`),
    '    }',
    ...failures.flatMap(([code, , grpcStatus, error]) => [
      `    location @failed_${index}_${code} {`,
      `      return ${code} ${quoted(JSON.stringify({ error, upstream, grpcStatus }))};`,
      '    }',
    ]),
  ];
}

/** A string in nginx's language; a dollar would be the start of a variable there, and no name has one. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('$', '')}'`;
}
