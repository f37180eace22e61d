// The case suite of all sources, against the API server of the current kubeconfig.
import { after, test } from 'node:test';
import { findKubeAccess } from '../../src/discovery/kubernetes/kube-access.ts';
import { discoveryCases } from '../../src/discovery/testing/cases.ts';
import { withoutCluster } from '../support/cluster.ts';
import { Api, createNamespace, deleteNamespace } from './support/api.ts';
import { clusterDriver } from './support/case-driver.ts';
import { Cuttable } from './support/cuttable.ts';

const skip = withoutCluster();

if (skip !== false) test('discovery from a real API server', { skip });
else {
  const access = await findKubeAccess({});
  const api = new Api(access);
  after(() => api.close());
  for (const { name, run } of discoveryCases) {
    test(`real API server: ${name}`, { timeout: 120_000 }, async (t) => {
      const cable = await Cuttable.start(access);
      t.after(() => cable.stop());
      const namespace = await createNamespace(api, 'ek-discovery');
      t.after(() => deleteNamespace(api, namespace));
      await run(clusterDriver(api, cable, namespace));
    });
  }
}
