// The mesh manifests of system C are judged by the API server, with the definitions that Gateway API and Istio publish.
// Nothing runs: there is no mesh here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutCluster } from '../support/cluster.ts';
import { kubectl } from '../support/run.ts';
import { until } from '../support/until.ts';
import { meshDefinitions } from './mesh-definitions.ts';
import { Namespace } from './support/namespace.ts';

const files = meshDefinitions();
const kinds = ['gateways.gateway.networking.k8s.io', 'virtualservices.networking.istio.io'];

async function defined(): Promise<boolean> {
  return kubectl(['get', 'customresourcedefinitions', ...kinds, '--output=name']).then(
    () => true,
    () => false,
  );
}

/** A cluster of somebody's is not given new kinds by a test; there those that it has do. */
const mayDefine = process.env.EVENKEEL_REQUIRE === 'all' && files !== undefined;
const noCluster = withoutCluster();
const skip = noCluster || (!mayDefine && !(await defined()) && 'the cluster has no Gateway API or Istio');

test('the entrances of system C are valid, and a wrong field is not', { skip }, async (t) => {
  const here = await Namespace.create(t, 'c-mesh');
  if (!(await defined())) {
    const named = files!.flatMap((file) => ['--filename', file]);
    t.after(() => kubectl(['delete', '--ignore-not-found', '--wait=false', ...named]));
    await kubectl(['apply', '--server-side', ...named]);
  }
  const judge = (folder: string, edit = (text: string) => text) =>
    kubectl(['kustomize', `deploy/systems/c/${folder}`]).then((text) =>
      here.kubectl(['apply', '--dry-run=server', '--validate=strict', '--filename=-'], edit(text)),
    );
  const gatewayApi = await until(
    'the kinds are served',
    () => judge('gateway-api'),
    () => true,
  );
  for (const name of ['gateway.', 'httproute.', 'grpcroute.']) assert.ok(gatewayApi.includes(name), gatewayApi);
  const istio = await judge('istio');
  for (const name of ['gateway.', 'virtualservice.', 'destinationrule.']) assert.ok(istio.includes(name), istio);

  await assert.rejects(
    judge('gateway-api', (text) => text.replace('backendRefs:', 'backends:')),
    /unknown field "spec\.rules\[0\]\.backends"/,
  );
  await assert.rejects(
    judge('istio', (text) => text.replace('destination:', 'destiny:')),
    /unknown field/,
  );
});
