import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { appliedIn, rejectionsIn } from './envoy-status.ts';

suite('what Envoy says of itself', () => {
  test('what is in force is acked, what warms is not', () => {
    const resources = appliedIn({
      configs: [
        {
          dynamic_listeners: [
            { name: 'edge', active_state: { version_info: '1' } },
            { name: 'new', warming_state: {} },
          ],
        },
        {
          dynamic_active_clusters: [{ version_info: '2', cluster: { name: 'default/a:1' } }],
          dynamic_warming_clusters: [{ version_info: '3', cluster: { name: 'default/b:1' } }],
        },
        { dynamic_route_configs: [{ route_config: { name: 'edge', virtual_hosts: [{ name: 'default/a' }] } }] },
        { dynamic_endpoint_configs: [{ endpoint_config: { cluster_name: 'default/a:1' } }] },
      ],
    });
    assert.deepEqual(
      resources.map(({ type, name, status, version }) => `${type} ${name} ${status} ${version}`.trim()),
      [
        'Listener edge ACKED 1',
        'Listener new WARMING',
        'Cluster default/a:1 ACKED 2',
        'Cluster default/b:1 WARMING 3',
        'RouteConfiguration edge ACKED',
        'VirtualHost default/a ACKED',
        'ClusterLoadAssignment default/a:1 ACKED',
      ],
    );
  });

  test('a rejection that was ever counted is told', () => {
    const stats = 'cluster_manager.cds.update_rejected: 0\ncluster.default/a_1.update_rejected: 2\n';
    assert.deepEqual(rejectionsIn(stats), [
      { type: 'update of', name: 'cluster.default/a_1', status: 'NACKED', version: '', error: '2 rejected' },
    ]);
  });
});
