import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { buildRoute, encodeResource } from '../index.ts';
import { type RefusedCase, testRefused } from '../testing/refused.ts';

const rule = { cluster: 'c' };

const routeCases: readonly RefusedCase[] = [
  ['no name', 'name', () => buildRoute({ name: '', cluster: 'c' })],
  ['no cluster', 'virtual_hosts[0].routes[0].route.cluster', () => buildRoute({ name: 'a', cluster: '' })],
  [
    'no domain',
    'virtual_hosts[0].domains',
    () => buildRoute({ name: 'a', virtualHosts: [{ domains: [], rules: [rule] }] }),
  ],
  [
    'a star in the middle',
    'virtual_hosts[0].domains[0]',
    () => buildRoute({ name: 'a', virtualHosts: [{ domains: ['a.*.b'], rules: [rule] }] }),
  ],
  [
    'a domain that occurs twice',
    'virtual_hosts[1].domains[0]',
    () =>
      buildRoute({
        name: 'a',
        virtualHosts: [
          { domains: ['x'], rules: [rule] },
          { domains: ['x'], rules: [rule] },
        ],
      }),
  ],
  [
    'a virtual host that occurs twice',
    'virtual_hosts[1].name',
    () =>
      buildRoute({
        name: 'a',
        virtualHosts: [
          { name: 'h', domains: ['x'], rules: [rule] },
          { name: 'h', domains: ['y'], rules: [rule] },
        ],
      }),
  ],
  [
    'weights of 0',
    'virtual_hosts[0].routes[0].route.weighted_clusters',
    () => buildRoute({ name: 'a', cluster: [{ name: 'c', weight: 0 }] }),
  ],
  [
    'no name of a weighted cluster',
    'virtual_hosts[0].routes[0].route.weighted_clusters.clusters[0].name',
    () => buildRoute({ name: 'a', cluster: [{ name: '', weight: 1 }] }),
  ],
  [
    'a back-reference',
    'virtual_hosts[0].routes[0].match.safe_regex',
    () => buildRoute({ name: 'a', rules: [{ ...rule, match: { regex: '(a)\\1' } }] }),
  ],
  [
    'look-around in a header',
    'virtual_hosts[0].routes[0].match.headers[0].safe_regex_match',
    () => buildRoute({ name: 'a', rules: [{ ...rule, match: { headers: [{ name: 'x', regex: '(?!a)' }] } }] }),
  ],
  [
    'a broken expression',
    'virtual_hosts[0].routes[0].match.safe_regex',
    () => buildRoute({ name: 'a', rules: [{ ...rule, match: { regex: '(' } }] }),
  ],
  [
    'a header without a name',
    'virtual_hosts[0].routes[0].match.headers[0].name',
    () => buildRoute({ name: 'a', rules: [{ ...rule, match: { headers: [{ name: '', present: true }] } }] }),
  ],
  [
    'no retries',
    'virtual_hosts[0].routes[0].route.retry_policy.num_retries',
    () => buildRoute({ name: 'a', rules: [{ ...rule, retry: { on: ['unavailable'], retries: 0 } }] }),
  ],
  [
    'no back-off',
    'virtual_hosts[0].routes[0].route.retry_policy.retry_back_off.base_interval',
    () => buildRoute({ name: 'a', rules: [{ ...rule, retry: { on: ['unavailable'], retries: 1, baseMs: 0 } }] }),
  ],
  [
    'a maximum below the base',
    'virtual_hosts[0].routes[0].route.retry_policy.retry_back_off.max_interval',
    () =>
      buildRoute({ name: 'a', rules: [{ ...rule, retry: { on: ['unavailable'], retries: 1, baseMs: 2, maxMs: 1 } }] }),
  ],
  [
    'query parameters',
    'virtual_hosts[0].routes[0].match.query_parameters',
    () =>
      encodeResource(
        RouteConfigurationSchema,
        create(RouteConfigurationSchema, {
          name: 'a',
          virtualHosts: [
            {
              name: 'h',
              domains: ['*'],
              routes: [{ match: { pathSpecifier: { case: 'prefix', value: '' }, queryParameters: [{ name: 'q' }] } }],
            },
          ],
        }),
      ),
  ],
];

testRefused('RouteConfiguration', routeCases);

test('expressions in the syntax of RE2 are taken', () => {
  for (const regex of ['(?P<name>a+)', '(?i)abc', '/a\\.B/.*', '^\\d+$']) {
    buildRoute({ name: 'a', rules: [{ cluster: 'c', match: { regex } }] });
  }
});
