import { create } from '@bufbuild/protobuf';
import { ClusterLoadAssignmentSchema } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { buildAssignment, encodeResource } from '../index.ts';
import { type RefusedCase, testRefused } from '../testing/refused.ts';

const endpoint = { address: '127.0.0.1', port: 1 };

const assignmentCases: readonly RefusedCase[] = [
  ['no name', 'cluster_name', () => buildAssignment({ clusterName: '', localities: [] })],
  ...(
    [
      ['a host name', 'lb_endpoints[0].endpoint.address.socket_address.address', { address: 'localhost', port: 1 }],
      ['port 0', 'lb_endpoints[0].endpoint.address.socket_address.port_value', { address: '::1', port: 0 }],
      ['port 65536', 'lb_endpoints[0].endpoint.address.socket_address.port_value', { address: '::1', port: 65_536 }],
      ['an endpoint weight of 0', 'lb_endpoints[0].load_balancing_weight', { ...endpoint, weight: 0 }],
    ] as const
  ).map(
    ([what, field, bad]): RefusedCase => [
      what,
      `endpoints[0].${field}`,
      () => buildAssignment({ clusterName: 'a', localities: [{ endpoints: [bad] }] }),
    ],
  ),
  [
    'an address that occurs twice',
    'endpoints[1].lb_endpoints[0].endpoint.address',
    () =>
      buildAssignment({
        clusterName: 'a',
        localities: [{ endpoints: [endpoint] }, { zone: 'b', endpoints: [endpoint] }],
      }),
  ],
  [
    'a locality that occurs twice',
    'endpoints[1].locality',
    () => buildAssignment({ clusterName: 'a', localities: [{ endpoints: [] }, { endpoints: [] }] }),
  ],
  [
    'a locality weight of 0',
    'endpoints[0].load_balancing_weight',
    () => buildAssignment({ clusterName: 'a', localities: [{ weight: 0, endpoints: [endpoint] }] }),
  ],
  [
    'a gap in the priorities',
    'endpoints',
    () => buildAssignment({ clusterName: 'a', localities: [{ endpoints: [] }, { priority: 2, endpoints: [] }] }),
  ],
  [
    'weights that add up to too much',
    'endpoints',
    () =>
      buildAssignment({
        clusterName: 'a',
        localities: [
          { weight: 4_000_000_000, endpoints: [] },
          { zone: 'b', weight: 4_000_000_000, endpoints: [] },
        ],
      }),
  ],
  [
    'endpoint weights that add up to too much',
    'endpoints[0].lb_endpoints',
    () =>
      buildAssignment({
        clusterName: 'a',
        localities: [
          {
            endpoints: [
              { ...endpoint, weight: 4_000_000_000 },
              { address: '::1', port: 1, weight: 4_000_000_000 },
            ],
          },
        ],
      }),
  ],
  [
    'no locality',
    'endpoints[0].locality',
    () =>
      encodeResource(
        ClusterLoadAssignmentSchema,
        create(ClusterLoadAssignmentSchema, { clusterName: 'a', endpoints: [{ loadBalancingWeight: 1 }] }),
      ),
  ],
  [
    'no locality weight',
    'endpoints[0].load_balancing_weight',
    () =>
      encodeResource(
        ClusterLoadAssignmentSchema,
        create(ClusterLoadAssignmentSchema, { clusterName: 'a', endpoints: [{ locality: {} }] }),
      ),
  ],
  [
    'an endpoint without an address',
    'endpoints[0].lb_endpoints[0].endpoint.address',
    () =>
      encodeResource(
        ClusterLoadAssignmentSchema,
        create(ClusterLoadAssignmentSchema, {
          clusterName: 'a',
          endpoints: [{ locality: {}, loadBalancingWeight: 1, lbEndpoints: [{}] }],
        }),
      ),
  ],
];

testRefused('ClusterLoadAssignment', assignmentCases);
