import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EvenkeelError } from '../base/errors.ts';
import { type EnvoyBootstrapOptions, envoyBootstrap } from './envoy-bootstrap.ts';

const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

interface Bootstrap {
  readonly node: { readonly id: string; readonly cluster: string; readonly metadata: object };
  readonly admin: object;
  readonly cluster_manager?: { readonly load_stats_config: object };
  readonly dynamic_resources: { readonly ads_config: { readonly api_type: string } };
  readonly static_resources: {
    readonly clusters: readonly { readonly type: string; readonly load_assignment: object }[];
  };
}

const bootstrapOf = (options: Omit<EnvoyBootstrapOptions, 'gateway'>, env: NodeJS.ProcessEnv = {}) =>
  envoyBootstrap({ gateway: 'edge', ...options }, env) as Bootstrap;

async function run(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const result = promisify(execFile)(process.execPath, [main, 'bootstrap', ...args]);
  return result.then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    ({ stdout, stderr, code }: { stdout: string; stderr: string; code: number }) => ({ stdout, stderr, code }),
  );
}

test('the command prints what an Envoy needs and nothing else', async () => {
  const flags = ['--envoy', '--gateway', 'edge', '--server', '10.0.0.1:18000', '--admin-port', '9000', '--delta'];
  const { stdout } = await run(...flags, '--node-id', 'edge-1', '--zone', 'zone-a');
  const bootstrap = JSON.parse(stdout) as Bootstrap;
  assert.deepEqual(bootstrap.node, {
    id: 'edge-1',
    cluster: 'edge',
    locality: { region: '', zone: 'zone-a', sub_zone: '' },
    metadata: { namespace: 'default', workload: 'edge' },
  });
  assert.deepEqual(bootstrap.admin, { address: { socket_address: { address: '127.0.0.1', port_value: 9000 } } });
  assert.equal(bootstrap.dynamic_resources.ads_config.api_type, 'DELTA_GRPC');
  assert.equal(bootstrap.static_resources.clusters.length, 1);
});

test('state of the world and the usual ports are the defaults, and inside a pod the environment says who it is', () => {
  const { node, admin, dynamic_resources } = bootstrapOf({}, { POD_NAME: 'edge-787cd7ddd-8w4h5' });
  assert.equal(node.id, 'edge-787cd7ddd-8w4h5');
  assert.equal(dynamic_resources.ads_config.api_type, 'GRPC');
  assert.deepEqual(admin, { address: { socket_address: { address: '127.0.0.1', port_value: 9901 } } });
});

test('it reports its load where that is asked for, as the caller that it says it is', async () => {
  assert.equal(bootstrapOf({}).cluster_manager, undefined);
  const { stdout } = await run('--envoy', '--gateway', 'edge', '--load-reports', '--namespace', 'shop');
  const { node, cluster_manager } = JSON.parse(stdout) as Bootstrap;
  assert.deepEqual(node.metadata, { namespace: 'shop', workload: 'edge' });
  assert.deepEqual(cluster_manager?.load_stats_config, {
    ...{ api_type: 'GRPC', transport_api_version: 'V3' },
    grpc_services: [{ envoy_grpc: { cluster_name: 'evenkeel' } }],
  });
  const inPod = bootstrapOf({ workload: 'front' }, { POD_NAMESPACE: 'edges', NODE_NAME: 'n1' });
  assert.deepEqual(inPod.node.metadata, { namespace: 'edges', workload: 'front', kubeNode: 'n1' });
});

test('a control plane by name is looked up, one by address is not', () => {
  for (const [server, type, address, port] of [
    ['xds-srv.default:18000', 'STRICT_DNS', 'xds-srv.default', 18000],
    ['10.0.0.1:1', 'STATIC', '10.0.0.1', 1],
    ['[fd00::1]:18000', 'STATIC', 'fd00::1', 18000],
  ] as const) {
    const [cluster] = bootstrapOf({ server }).static_resources.clusters;
    assert.equal(cluster?.type, type);
    const socket_address = { address, port_value: port };
    assert.deepEqual(cluster?.load_assignment, {
      cluster_name: 'evenkeel',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address } } }] }],
    });
  }
});

test('what is no address of a control plane is refused', () => {
  for (const server of ['', 'xds-srv', ':18000', 'xds-srv:', 'xds-srv:0', 'xds-srv:70000', 'dns:///xds-srv:18000']) {
    assert.throws(
      () => bootstrapOf({ server }),
      (error: unknown) => error instanceof EvenkeelError && error.code === 'EK_USAGE',
      server,
    );
  }
});

test('flags that do not go together are named', async () => {
  for (const [flags, field] of [
    [['--envoy'], '--gateway'],
    [['--gateway', 'edge'], '--gateway'],
    [['--admin-port', '1'], '--admin-port'],
    [['--load-reports'], '--load-reports'],
    [['--envoy', '--gateway', 'edge', '--admin-port', 'many'], '--admin-port'],
    [['--envoy', '--gateway', 'edge', '--admin-host', 'localhost'], '--admin-host'],
  ] as const) {
    const { code, stderr } = await run(...flags);
    assert.equal(code, 2, flags.join(' '));
    assert.match(stderr, new RegExp(`error EK_USAGE: [^]*field ${field}`));
  }
});

test('with TLS an Envoy checks whose certificate it is shown', () => {
  const socketOf = (server: string) => {
    const [cluster] = bootstrapOf({ server, tls: { ca: 'ca.crt', cert: 'tls.crt', key: 'tls.key' } }).static_resources
      .clusters as unknown as { transport_socket: { typed_config: Record<string, unknown> } }[];
    return JSON.parse(JSON.stringify(cluster!.transport_socket.typed_config));
  };
  const named = socketOf('xds-srv:18443');
  assert.equal(named.sni, 'xds-srv');
  assert.deepEqual(named.common_tls_context.validation_context, {
    trusted_ca: { filename: 'ca.crt' },
    match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'xds-srv' } }],
  });
  assert.deepEqual(named.common_tls_context.tls_certificates, [
    { certificate_chain: { filename: 'tls.crt' }, private_key: { filename: 'tls.key' } },
  ]);
  const address = socketOf('10.0.0.1:18443');
  assert.equal(address.sni, undefined);
  assert.equal(address.common_tls_context.validation_context.match_typed_subject_alt_names[0].san_type, 'IP_ADDRESS');
});
