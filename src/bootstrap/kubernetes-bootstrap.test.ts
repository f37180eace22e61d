import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { EvenkeelError } from '../base/errors.ts';
import { kubernetesBootstrap } from './kubernetes-bootstrap.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

/** The environment that a kubelet makes of the printed list: `$(NAME)` of an earlier variable is replaced. */
function environmentOf(text: string, fields: Readonly<Record<string, string>>): Record<string, string> {
  const { env } = parse(text) as { readonly env: readonly Variable[] };
  const made: Record<string, string> = {};
  for (const { name, value, valueFrom } of env) {
    made[name] =
      valueFrom === undefined
        ? value!.replace(/\$\(([A-Z_]+)\)/g, (whole, earlier: string) => made[earlier] ?? whole)
        : fields[valueFrom.fieldRef.fieldPath]!;
  }
  return made;
}

const fields = { 'metadata.name': 'fe-1', 'metadata.namespace': 'shop', 'spec.nodeName': 'node-7' };

test('a kubelet makes a whole bootstrap of the printed lines', () => {
  const made = environmentOf(kubernetesBootstrap({}), fields);
  assert.deepEqual(JSON.parse(made.GRPC_XDS_BOOTSTRAP_CONFIG!), {
    xds_servers: [
      {
        server_uri: 'dns:///evenkeel-xds.evenkeel:18000',
        channel_creds: [{ type: 'insecure' }],
        server_features: ['xds_v3', 'ignore_resource_deletion'],
      },
    ],
    node: {
      id: 'fe-1',
      locality: { region: '', zone: '', sub_zone: '' },
      metadata: { namespace: 'shop', kubeNode: 'node-7' },
    },
  });
});

test('what is given takes the place of what the pod knows', () => {
  const made = environmentOf(kubernetesBootstrap({ server: 'xds-srv:18000', namespace: 'default', zone: 'b' }), fields);
  const { xds_servers: servers, node } = JSON.parse(made.GRPC_XDS_BOOTSTRAP_CONFIG!);
  assert.equal(servers[0].server_uri, 'xds-srv:18000');
  assert.deepEqual(node.metadata, { namespace: 'default', kubeNode: 'node-7' });
  assert.equal(node.locality.zone, 'b');
});

test('the command prints it, and refuses it for an Envoy', async () => {
  const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'bootstrap', '--kubernetes']);
  assert.equal(stdout, `${kubernetesBootstrap({})}\n`);
  await assert.rejects(
    promisify(execFile)(process.execPath, [main, 'bootstrap', '--kubernetes', '--envoy', '--gateway', 'edge']),
    { code: 2 },
  );
});

test('an address that is none is refused', () => {
  assert.throws(
    () => kubernetesBootstrap({ server: 'xds-srv' }),
    (error: unknown) => error instanceof EvenkeelError && error.code === 'EK_USAGE',
  );
});
