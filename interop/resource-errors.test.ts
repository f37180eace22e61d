// C-core reads resource_errors (gRFC A88) where an environment variable says so: a call to a name that is wrong fails with the reason.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { grpcService, readyEndpoint } from '../src/controlplane/testing/told-source.ts';
import { startControlPlane } from '../src/explain/testing/control-plane.ts';
import { clientKinds } from './driver/clients.ts';
import { echoDescriptors } from './driver/echo-descriptors.ts';

const python = clientKinds.find(({ id }) => id === 'python')!;
const missing = await python.missing();
const skip = process.env.EVENKEEL_REQUIRE === 'all' ? false : (missing ?? false);

test('a real client hears why there is no such Service, and need not wait for its timer', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-errors-'));
  t.after(() => rm(folder, { recursive: true }));
  const descriptors = join(folder, 'echo.binpb');
  await writeFile(descriptors, echoDescriptors());
  const { tell, xds } = await startControlPlane(t);
  tell.upsert(grpcService('shop/orders', [readyEndpoint('127.0.0.1')]));
  tell.synced();
  const client = await python.start({
    ...{ folder, descriptors, xdsAddress: xds, gateways: new Map() },
    resourceErrors: true,
    env: { GRPC_EXPERIMENTAL_XDS_DATA_ERROR_HANDLING: 'true' },
  });
  t.after(() => client.stop());
  // Its timer for what does not exist is 15 s; a call that is not waited for longer than 10 s is answered by the control plane.
  const { failures } = await client.process.call(['xds:///ordres.shop'], 1, 'errors', { deadlineMs: 10_000 });
  const [failure = ''] = Object.keys(failures);
  assert.match(failure, /there is no Service shop\/ordres/);
});
