import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { TypedExtensionConfigSchema } from '../gen/envoy/config/core/v3/extension_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { RouterSchema } from '../gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { buildApiListener, buildSocketListener, type EncodedResource, encodeResource } from '../index.ts';
import { type RefusedCase, testRefused } from '../testing/refused.ts';

/** A listener that is right but for what `spoil` does to it. */
function rawListener(spoil: (manager: HttpConnectionManager) => unknown): EncodedResource {
  const router = anyPack(RouterSchema, create(RouterSchema));
  const manager = create(HttpConnectionManagerSchema, {
    routeSpecifier: {
      case: 'rds',
      value: { configSource: { configSourceSpecifier: { case: 'ads', value: {} } }, routeConfigName: 'r' },
    },
    httpFilters: [{ name: 'router', configType: { case: 'typedConfig', value: router } }],
  });
  spoil(manager);
  return encodeResource(
    ListenerSchema,
    create(ListenerSchema, { name: 'a', apiListener: { apiListener: anyPack(HttpConnectionManagerSchema, manager) } }),
  );
}

const at = 'api_listener.api_listener';
const filter = { name: 'router', config: anyPack(HttpConnectionManagerSchema, create(HttpConnectionManagerSchema)) };

const listenerCases: readonly RefusedCase[] = [
  ['no name', 'name', () => buildApiListener({ name: '', routeName: 'r' })],
  ['no route name', `${at}.rds.route_config_name`, () => buildApiListener({ name: 'a', routeName: '' })],
  [
    'no domains inline',
    `${at}.route_config.virtual_hosts[0].domains`,
    () => buildApiListener({ name: 'a', route: { name: 'r', virtualHosts: [{ domains: [], rules: [] }] } }),
  ],
  [
    'two filters of a name',
    `${at}.http_filters[1].name`,
    () => buildApiListener({ name: 'a', routeName: 'r', httpFilters: [filter, filter] }),
  ],
  [
    'a router that is not the last',
    `${at}.http_filters[0]`,
    () =>
      buildApiListener({
        name: 'a',
        routeName: 'r',
        httpFilters: [{ name: 'first', config: anyPack(RouterSchema, create(RouterSchema)) }],
      }),
  ],
  ['no filters', `${at}.http_filters`, () => rawListener((manager) => manager.httpFilters.splice(0))],
  [
    'xff_num_trusted_hops',
    `${at}.xff_num_trusted_hops`,
    () => rawListener((manager) => Object.assign(manager, { xffNumTrustedHops: 1 })),
  ],
  [
    'original IP detection',
    `${at}.original_ip_detection_extensions`,
    () => rawListener((manager) => manager.originalIpDetectionExtensions.push(create(TypedExtensionConfigSchema))),
  ],
  [
    'no routes',
    `${at}.route_specifier`,
    () => rawListener((manager) => Object.assign(manager, { routeSpecifier: { case: undefined } })),
  ],
  [
    'routes from elsewhere',
    `${at}.rds.config_source`,
    () => rawListener((manager) => Object.assign(manager.routeSpecifier.value ?? {}, { configSource: undefined })),
  ],
  ['no manager', at, () => encodeResource(ListenerSchema, create(ListenerSchema, { name: 'a' }))],
  [
    'a socket that is no IP',
    'address.socket_address.address',
    () => buildSocketListener({ name: 'a', routeName: 'r', address: 'host', port: 1 }),
  ],
];

testRefused('Listener', listenerCases);
