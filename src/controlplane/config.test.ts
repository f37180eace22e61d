import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import { loadConfig, parseConfig, resolveConfig } from './config.ts';
import { dnsServices, overlay as overlayOf } from './config-overlay.ts';
import { configFileEnv, flagKey, settings } from './config-settings.ts';

const head = 'apiVersion: evenkeel.dev/v1\nkind: Config\n';

function errorOf(run: () => unknown): EvenkeelError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof EvenkeelError, String(error));
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('without anything said, the defaults are in force', () => {
  assert.deepEqual(resolveConfig({}), {
    xds: {
      listen: { host: '127.0.0.1', port: 18_000 },
      plaintext: 'loopback',
      tls: undefined,
      maxConnectionAgeMs: 1_800_000,
      maxConnections: 20_000,
      memoryBytes: undefined,
      clientStatus: 'none',
      replicas: { perSecond: 20 },
    },
    admin: { listen: { host: '127.0.0.1', port: 18_001 }, debug: 'loopback' },
    discovery: {
      file: {},
      kubernetes: { enabled: false },
      dns: {
        servers: undefined,
        clusterDomain: 'cluster.local',
        minIntervalMs: 1_000,
        maxIntervalMs: 5_000,
        timeoutMs: 1_000,
        attempts: 2,
      },
    },
    health: { intervalMs: 2_000, timeoutMs: 1_000, rise: 2, fall: 3, jitter: 0.1 },
    load: { reports: false, podLocalities: true, ejection: true },
    services: [],
    gateways: [],
  });
});

test('flag before environment before file before default', () => {
  const file = parseConfig(`${head}xds: { listen: 127.0.0.1:1 }\nhealth: { rise: 4, fall: 4 }\n`, 'a.yaml');
  const env = { EVENKEEL_XDS_LISTEN: '127.0.0.1:2', EVENKEEL_HEALTH_RISE: '5', EVENKEEL_ADMIN_LISTEN: '' };
  const flags = { xdsListen: '127.0.0.1:3' };
  const config = resolveConfig({ flags, env, file });
  assert.equal(config.xds.listen?.port, 3);
  assert.equal(config.health.rise, 5);
  assert.equal(config.health.fall, 4);
  assert.equal(config.admin.listen.port, 18_001, 'an empty variable counts as unset');
  assert.equal(resolveConfig({ env, file }).xds.listen?.port, 2);
  assert.equal(resolveConfig({ file }).xds.listen?.port, 1);
});

test('every setting takes effect from a flag and from the environment', () => {
  const samples: Record<string, [text: string, value: unknown]> = {
    'xds.listen': ['[::1]:1', { host: '::1', port: 1 }],
    'xds.maxConnectionAgeMs': ['60000', 60_000],
    'xds.maxConnections': ['50000', 50_000],
    'xds.memoryBytes': ['1048576', 1_048_576],
    'xds.clientStatus': ['loopback', 'loopback'],
    'xds.replicas.name': ['evenkeel.mesh.svc', 'evenkeel.mesh.svc'],
    'xds.replicas.perSecond': ['5', 5],
    'xds.plaintext': ['anywhere', 'anywhere'],
    'xds.tls.listen': ['0.0.0.0:3', { host: '0.0.0.0', port: 3 }],
    'xds.tls.cert': ['a.crt', 'a.crt'],
    'xds.tls.key': ['a.key', 'a.key'],
    'xds.tls.ca': ['ca.crt', 'ca.crt'],
    'admin.listen': ['2', { host: '127.0.0.1', port: 2 }],
    'admin.debug': ['anywhere', 'anywhere'],
    'discovery.file.path': ['x.yaml', 'x.yaml'],
    'discovery.dns.servers': [
      '10.96.0.10, [fd00::a]:1053',
      [
        { host: '10.96.0.10', port: 53 },
        { host: 'fd00::a', port: 1053 },
      ],
    ],
    'discovery.dns.clusterDomain': ['example.internal', 'example.internal'],
    'discovery.dns.minIntervalMs': ['20', 20],
    'discovery.dns.maxIntervalMs': ['9000', 9_000],
    'discovery.dns.timeoutMs': ['30', 30],
    'discovery.dns.attempts': ['7', 7],
    'discovery.kubernetes.enabled': ['true', true],
    'discovery.kubernetes.kubeconfig': ['/etc/kubeconfig', '/etc/kubeconfig'],
    'discovery.kubernetes.context': ['kind-a', 'kind-a'],
    'discovery.kubernetes.namespaces': ['shop, web', ['shop', 'web']],
    'discovery.kubernetes.labelSelector': ['team=a,tier!=test', 'team=a,tier!=test'],
    'discovery.kubernetes.events': ['true', true],
    'health.intervalMs': ['40', 40],
    'health.timeoutMs': ['50', 50],
    'health.rise': ['8', 8],
    'health.fall': ['9', 9],
    'health.jitter': ['0.5', 0.5],
    'load.reports': ['true', true],
    'load.podLocalities': ['false', false],
    'load.ejection': ['false', false],
  };
  assert.deepEqual(
    Object.keys(samples),
    settings.map(({ field }) => field),
  );
  // A certificate counts with its key alone, and settings of Kubernetes with Kubernetes alone, so they are beside the one looked at.
  const beside = { tlsCert: 'b.crt', tlsKey: 'b.key', kubernetes: 'true' };
  for (const setting of settings) {
    const [text, expected] = samples[setting.field]!;
    const { [flagKey(setting) as keyof typeof beside]: _, ...rest } = beside;
    for (const source of [
      { flags: { ...rest, [flagKey(setting)]: text } },
      { flags: rest, env: { [setting.env]: text } },
    ]) {
      const config: unknown = resolveConfig(source);
      const value = setting.field.split('.').reduce((data, key) => (data as Record<string, unknown>)[key], config);
      assert.deepEqual(value, expected, setting.field);
    }
  }
});

test('no setting is called as what Kubernetes gives pods for a Service that is called evenkeel', () => {
  const given = /_(PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?|SERVICE_(HOST|PORT(_\w+)?))$/;
  for (const name of [configFileEnv, ...settings.map(({ env }) => env)]) assert.doesNotMatch(name, given);
  const env = {
    EVENKEEL_SERVICE_HOST: '10.96.0.7',
    EVENKEEL_SERVICE_PORT: '18000',
    EVENKEEL_SERVICE_PORT_XDS: '18000',
    EVENKEEL_PORT: 'tcp://10.96.0.7:18000',
    EVENKEEL_PORT_18000_TCP: 'tcp://10.96.0.7:18000',
    EVENKEEL_PORT_18000_TCP_PROTO: 'tcp',
    EVENKEEL_PORT_18000_TCP_PORT: '18000',
    EVENKEEL_PORT_18000_TCP_ADDR: '10.96.0.7',
  };
  assert.deepEqual(resolveConfig({ env }), resolveConfig({}));
});

test('a wrong value from outside names its flag or variable', () => {
  const cases = [
    { from: { flags: { xdsListen: 'nowhere' } }, field: '--xds-listen', message: /not an address to listen on/ },
    {
      from: { env: { EVENKEEL_HEALTH_RISE: 'two' } },
      field: 'EVENKEEL_HEALTH_RISE',
      message: /whole number, 1 to 100/,
    },
    { from: { flags: { dns: '10.0.0.1,ns1' } }, field: '--dns', message: /"ns1" is not IP or IP:PORT/ },
    {
      from: { flags: { dnsMaxIntervalMs: '500' } },
      field: '--dns-max-interval-ms',
      message: /larger than maxIntervalMs/,
    },
  ];
  for (const { from, field, message } of cases) {
    const error = errorOf(() => resolveConfig(from));
    assert.deepEqual([error.code, error.location.field, error.exitCode], ['EK_USAGE', field, 2]);
    assert.match(error.message, message);
  }
});

test('a setting of Kubernetes without Kubernetes is refused rather than passed over', () => {
  const idle = settings.filter(
    ({ field }) => field.startsWith('discovery.kubernetes.') && field !== 'discovery.kubernetes.enabled',
  );
  assert.equal(idle.length, 5);
  for (const setting of idle) {
    const value = setting.kind === 'switch' ? 'true' : 'a';
    const inFlag = errorOf(() => resolveConfig({ flags: { [flagKey(setting)]: value, endpoints: 'x.yaml' } }));
    assert.deepEqual([inFlag.code, inFlag.location.field], ['EK_USAGE', setting.flag]);
    assert.match(inFlag.hint, /Add --kubernetes/);
    const inEnv = errorOf(() => resolveConfig({ env: { [setting.env]: value } }));
    assert.deepEqual([inEnv.code, inEnv.location.field], ['EK_USAGE', setting.env]);
  }
  const file = (kubernetes: string) => parseConfig(`${head}discovery: { kubernetes: ${kubernetes} }`, 'a.yaml');
  const inFile = errorOf(() => resolveConfig({ file: file('{ namespaces: [shop] }') }));
  assert.deepEqual([inFile.code, inFile.location.field], ['EK_USAGE', 'discovery.kubernetes.namespaces']);
  assert.match(inFile.hint, /discovery\.kubernetes\.enabled/);
  // The file may leave the switch to the command line; and switched off in so many words, the rest may stay where it is.
  const served = resolveConfig({ file: file('{ namespaces: [shop] }'), flags: { kubernetes: 'true' } });
  assert.deepEqual(served.discovery.kubernetes.namespaces, ['shop']);
  resolveConfig({ env: { EVENKEEL_KUBERNETES: 'false', EVENKEEL_NAMESPACES: 'shop' } });
  resolveConfig({ file: file('{ enabled: false, namespaces: [shop] }') });
});

test('a mistake in the file is named with line, column and field', () => {
  const cases: [text: string, line: number, column: number, field: string, message: RegExp][] = [
    ['xds: { lisen: 1.2.3.4:5 }', 3, 8, 'xds.lisen', /unknown field "lisen"/],
    ['xsd: {}', 3, 1, 'xsd', /unknown field "xsd"/],
    ['xds: { listen: here }', 3, 8, 'xds.listen', /not an address to listen on/],
    ['health:\n  jitter: 2', 4, 3, 'health.jitter', /must be 0 to 1/],
    ['services:\n  - portName: grpc', 4, 5, 'services[0].name', /missing/],
    ['services:\n  - name: Orders', 4, 5, 'services[0].name', /DNS label/],
    ['services:\n  - { name: a, healthCheck: tcp, grpcService: x }', 4, 34, 'services[0].grpcService', /no meaning/],
    ['discovery: { dns: { minIntervalMs: 9000 } }', 3, 21, 'discovery.dns.minIntervalMs', /not be larger/],
    ['discovery: { dns: { servers: [ns1] } }', 3, 31, 'discovery.dns.servers[0]', /not IP or IP:PORT/],
  ];
  for (const [text, line, column, field, message] of cases) {
    const error = errorOf(() => parseConfig(head + text, 'a.yaml'));
    assert.equal(error.code, 'EK_CONFIG_INVALID');
    assert.deepEqual(error.location, { file: 'a.yaml', line, column, field });
    assert.match(error.message, message);
  }
});

test('bad JSON is named with line and column', () => {
  const error = errorOf(() => parseConfig('{\n  "services": [\n    {"serviceName": "a"\n  ]\n}', 'svc_config.json'));
  assert.equal(error.code, 'EK_FILE_SYNTAX');
  assert.equal(error.location.line, 4);
  assert.ok(error.location.column !== undefined);
});

test('a Service that is given twice is named with both places', () => {
  const twice = 'services:\n  - { name: a }\n  - { name: b }\n  - { name: a, namespace: default }\n';
  const error = errorOf(() => parseConfig(head + twice, 'a.yaml'));
  assert.equal(error.code, 'EK_DUPLICATE_SERVICE');
  assert.deepEqual(error.location, { file: 'a.yaml', line: 6, column: 5, field: 'services[2]' });
  assert.match(error.message, /default\/a is given twice with port "grpc"; .*a\.yaml:4:5, field services\[0\]/);

  const byNumber = 'services:\n  - { name: a, port: 80 }\n  - { name: a, portName: web, port: 80 }\n';
  assert.match(errorOf(() => parseConfig(head + byNumber, 'a.yaml')).message, /twice with port 80/);
});

test('two ports of one Service come together and may not contradict each other', () => {
  const ports = (other: string) =>
    `${head}services:\n  - { name: a, grpcService: x }\n  - { name: a, portName: grpc-admin, port: 9, ${other} }\n`;
  const [service, ...others] = dnsServices(parseConfig(ports('grpcService: x'), 'a.yaml').services);
  assert.deepEqual(others, []);
  assert.deepEqual(service, {
    namespace: 'default',
    name: 'a',
    ports: [
      { portName: 'grpc', protocol: 'tcp', port: undefined },
      { portName: 'grpc-admin', protocol: 'tcp', port: 9 },
    ],
    policy: { healthCheck: { protocol: 'grpc', grpcService: 'x' } },
    locality: undefined,
  });
  const error = errorOf(() => parseConfig(ports('grpcService: y'), 'a.yaml'));
  assert.match(error.message, /differs from that of the other port of default\/a.*a\.yaml:4:5/);
  assert.equal(error.location.field, 'services[1].grpcService');
});

const svcConfig = `{
  "services": [
    { "serviceName": "be1-srv", "namespace": "default", "portName": "grpc", "protocol": "tcp",
      "grpcServiceName": "echo.EchoServer", "zone": "zone-a", "region": "region-1" },
    { "serviceName": "be2-srv", "namespace": "shop", "portName": "grpc", "protocol": "tcp",
      "grpcServiceName": "", "zone": "", "region": "" }
  ]
}`;

test('svc_config.json loads as it stands', () => {
  const config = resolveConfig({ file: parseConfig(svcConfig, 'svc_config.json') });
  assert.equal(config.xds.listen?.port, 18_000);
  const ports = [{ portName: 'grpc', protocol: 'tcp', port: undefined }];
  assert.deepEqual(dnsServices(config.services), [
    {
      namespace: 'default',
      name: 'be1-srv',
      ports,
      policy: { healthCheck: { protocol: 'grpc', grpcService: 'echo.EchoServer' } },
      locality: { region: 'region-1', zone: 'zone-a', subZone: '' },
    },
    { namespace: 'shop', name: 'be2-srv', ports, policy: {}, locality: undefined },
  ]);
});

test('svc_config.json is as strict as our own format', () => {
  const unknown = errorOf(() => parseConfig(svcConfig.replace('"zone"', '"zoen"'), 'svc_config.json'));
  assert.equal(unknown.code, 'EK_CONFIG_INVALID');
  assert.deepEqual(unknown.location, { file: 'svc_config.json', line: 4, column: 45, field: 'services[0].zoen' });

  const twice = svcConfig.replace('be2-srv', 'be1-srv').replace('shop', 'default');
  const error = errorOf(() => parseConfig(twice, 'svc_config.json'));
  assert.equal(error.code, 'EK_DUPLICATE_SERVICE');
  assert.match(error.message, /first one is at svc_config\.json:3:5/);
  assert.deepEqual(error.location, { file: 'svc_config.json', line: 5, column: 5, field: 'services[1]' });
});

test('what is neither of the two formats is told what ours needs', () => {
  for (const text of ['{}', '{"services": []}', '[]', 'xds: {}']) {
    assert.equal(errorOf(() => parseConfig(text, 'a.yaml')).code, 'EK_CONFIG_INVALID');
  }
  assert.equal(errorOf(() => parseConfig('xds: {}', 'a.yaml')).location.field, 'apiVersion');
});

test('a path in the file is relative to the file, one from outside to where the command runs', () => {
  const file = parseConfig(`${head}discovery: { file: { path: endpoints.yaml } }\n`, '/etc/evenkeel/evenkeel.yaml');
  assert.equal(resolveConfig({ file }).discovery.file.path, resolve('/etc/evenkeel/endpoints.yaml'));
  assert.equal(resolveConfig({ file, flags: { endpoints: 'mine.yaml' } }).discovery.file.path, 'mine.yaml');
});

test('an entry with discovery: file adds to what the endpoint file says', () => {
  const text = `${head}services:\n  - { name: a, discovery: file, healthCheck: tcp, zone: z }\n  - { name: b }\n  - { name: c, discovery: file, podLocalities: false }\n`;
  const { services } = parseConfig(text, 'a.yaml');
  assert.deepEqual(
    dnsServices(services).map(({ name }) => name),
    ['b'],
  );
  const overlay = overlayOf('file', services);
  const told = {
    namespace: 'default',
    ports: [],
    policy: { healthCheck: { protocol: 'grpc', grpcService: 'x' } },
  } as const;
  assert.deepEqual(overlay({ ...told, name: 'a' }), {
    ...told,
    name: 'a',
    policy: { healthCheck: { protocol: 'tcp', grpcService: '' } },
    locality: { region: '', zone: 'z', subZone: '' },
  });
  assert.deepEqual(overlay({ ...told, name: 'b' }), { ...told, name: 'b' });
  const { policy } = overlay({ ...told, name: 'c' });
  assert.deepEqual(policy, { ...told.policy, podLocalities: false });
  const both = { ...told, name: 'd', policy: { ejection: { mode: 'sharp', minCalls: 7 } } } as const;
  const more = overlayOf(
    'file',
    parseConfig(`${head}services:\n  - { name: d, discovery: file, ejectionMinCalls: 9 }\n`, 'a.yaml').services,
  );
  assert.deepEqual(more(both).policy, { ejection: { mode: 'sharp', minCalls: 9 } });
});

test('the file is named by a flag or the environment, and one that cannot be read is an error', async () => {
  for (const from of [{ flags: { config: '/nowhere/a.yaml' } }, { env: { EVENKEEL_CONFIG: '/nowhere/a.yaml' } }]) {
    await assert.rejects(loadConfig(from.flags ?? {}, from.env ?? {}), (error: EvenkeelError) => {
      assert.deepEqual([error.code, error.location.file], ['EK_FILE_READ', '/nowhere/a.yaml']);
      return true;
    });
  }
  assert.equal((await loadConfig({}, {})).admin.listen.port, 18_001);
});

test('a gateway is read with its Services, and a mistake in one is named with its place', () => {
  const { gateways } = resolveConfig({
    file: parseConfig(`${head}gateways:\n  - { name: edge, listen: "8080", services: [a/b, a/c:grpc] }\n`, 'a.yaml'),
  });
  assert.deepEqual(gateways, [
    {
      name: 'edge',
      namespace: 'default',
      listen: { host: '127.0.0.1', port: 8080 },
      services: [
        { namespace: 'a', name: 'b', port: undefined },
        { namespace: 'a', name: 'c', port: 'grpc' },
      ],
    },
  ]);
  const mistakes: [entries: string, field: string, line: number, message: RegExp][] = [
    ['  - { name: edge }', 'gateways[0].listen', 4, /missing/],
    ['  - { name: edge, listen: "edge-srv:8080" }', 'gateways[0].listen', 4, /not an IP address/],
    ['  - { name: edge, listen: "0.0.0.0:0" }', 'gateways[0].listen', 4, /not an IP address and a port/],
    ['  - { name: edge, listen: "0.0.0.0" }', 'gateways[0].listen', 4, /not an address/],
    ['  - { name: edge, listen: "8080", services: [] }', 'gateways[0].services', 4, /at least one/],
    ['  - { name: edge, listen: "8080", services: [be1] }', 'gateways[0].services[0]', 4, /NAMESPACE\/NAME/],
    ['  - { name: edge, listen: "1" }\n  - { name: edge, listen: "2" }', 'gateways[1].name', 5, /twice.*a\.yaml:4/],
  ];
  for (const [entries, field, line, message] of mistakes) {
    const error = errorOf(() => parseConfig(`${head}gateways:\n${entries}\n`, 'a.yaml'));
    assert.equal(error.code, 'EK_CONFIG_INVALID', entries);
    assert.deepEqual([error.location.field, error.location.line], [field, line]);
    assert.match(error.message, message);
  }
});

test('plaintext beyond loopback has to be asked for', () => {
  for (const host of ['0.0.0.0', '[::]', '10.0.0.7', 'xds.example.org']) {
    const flags = { xdsListen: `${host}:18000` };
    const error = errorOf(() => resolveConfig({ flags }));
    assert.deepEqual([error.code, error.location.field, error.exitCode], ['EK_PLAINTEXT', '--xds-listen', 2]);
    assert.match(error.hint, /--xds-plaintext anywhere/);
    assert.equal(resolveConfig({ flags: { ...flags, xdsPlaintext: 'anywhere' } }).xds.listen?.port, 18_000);
  }
  for (const host of ['127.0.0.1', '127.30.1.4', '[::1]', 'localhost']) {
    assert.equal(resolveConfig({ flags: { xdsListen: `${host}:1` } }).xds.listen?.port, 1);
  }
  const file = parseConfig(`${head}xds: { listen: 0.0.0.0:18000 }`, 'a.yaml');
  assert.equal(errorOf(() => resolveConfig({ file })).location.field, 'xds.listen');
  assert.equal(resolveConfig({ file, env: { EVENKEEL_XDS_PLAINTEXT: 'anywhere' } }).xds.plaintext, 'anywhere');
});

test('plaintext can be switched off where there is TLS', () => {
  const { xds } = resolveConfig({ flags: { xdsPlaintext: 'none', tlsCert: 'a.crt', tlsKey: 'a.key' } });
  assert.equal(xds.listen, undefined);
  assert.deepEqual(xds.tls?.listen, { host: '127.0.0.1', port: 18_443 });
  assert.match(errorOf(() => resolveConfig({ flags: { xdsPlaintext: 'none' } })).message, /served nowhere/);
});

test('files for TLS are relative to the configuration, and belong together', () => {
  const tls = (text: string) => parseConfig(`${head}xds:\n  tls: ${text}`, '/etc/evenkeel/evenkeel.yaml');
  const { xds } = resolveConfig({ file: tls('{ cert: tls/tls.crt, key: /run/tls.key, ca: ca.crt }') });
  assert.deepEqual(
    [xds.tls?.cert, xds.tls?.key, xds.tls?.ca],
    ['/etc/evenkeel/tls/tls.crt', '/run/tls.key', '/etc/evenkeel/ca.crt'],
  );
  const wrong: [string, string, RegExp][] = [
    ['{ cert: a }', 'xds.tls.cert', /needs xds.tls.key/],
    ['{ key: a }', 'xds.tls.key', /needs xds.tls.cert/],
    ['{ ca: a }', 'xds.tls.ca', /needs xds.tls.cert/],
    ['{ cert: a, key: b, clients: [{ uri: a }] }', 'xds.tls.clients', /needs xds.tls.ca/],
    ['{ cert: a, key: b, ca: c, clients: [] }', 'xds.tls.clients', /at least one rule/],
    ['{ cert: a, key: b, ca: c, clients: [{}] }', 'xds.tls.clients[0]', /either uri or dns/],
    ['{ cert: a, key: b, ca: c, clients: [{ uri: a, dns: b }] }', 'xds.tls.clients[0]', /either uri or dns/],
    ['{ cert: a, key: b, ca: c, clients: [{ uri: "*/*/*/*/*" }] }', 'xds.tls.clients[0].uri', /at most 4/],
    [
      '{ cert: a, key: b, ca: c, clients: [{ uri: a, namespaces: [A] }] }',
      'xds.tls.clients[0].namespaces[0]',
      /name of/,
    ],
    [
      '{ cert: a, key: b, ca: c, clients: [{ uri: a, namespaces: ["{namespace}"] }] }',
      'xds.tls.clients[0].namespaces',
      /does not find/,
    ],
  ];
  for (const [text, field, message] of wrong) {
    const error = errorOf(() => tls(text));
    assert.deepEqual([error.code, error.location.field, error.location.line], ['EK_CONFIG_INVALID', field, 4], text);
    assert.match(error.message, message);
  }
});

test('rules for clients beside a port without TLS that is open to everybody are an error', () => {
  const file = (plaintext: string, listen: string) =>
    parseConfig(
      `apiVersion: evenkeel.dev/v1
kind: Config
xds: { plaintext: ${plaintext}, listen: "${listen}", tls: { cert: a, key: b, ca: c, clients: [{ uri: a }] } }`,
      'evenkeel.yaml',
    );
  assert.throws(
    () => resolveConfig({ file: file('anywhere', '0.0.0.0:18000') }),
    (error: unknown) => error instanceof EvenkeelError && error.code === 'EK_RULES_VOID' && error.exitCode === 2,
  );
  for (const good of [file('none', '0.0.0.0:18000'), file('loopback', '127.0.0.1:18000')]) {
    assert.equal(resolveConfig({ file: good }).xds.tls?.clients?.length, 1);
  }
});

test('a pattern of a rule has at most four wildcards: more could take long to compare', () => {
  const withPattern = (uri: string): (() => unknown) => {
    const tls = `{ cert: a, key: b, ca: c, clients: [{ uri: "${uri}" }] }`;
    return () => parseConfig(`apiVersion: evenkeel.dev/v1\nkind: Config\nxds: { tls: ${tls} }`, 'evenkeel.yaml');
  };
  assert.doesNotThrow(withPattern('spiffe://a/*/*/{namespace}/**'));
  assert.throws(withPattern('spiffe://a/*/*/*/{namespace}/**'), /at most 4 wildcards/);
});
