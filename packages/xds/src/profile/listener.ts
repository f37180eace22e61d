import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt';
import type { Listener } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { checkConfigSource } from './config-source.ts';
import { type Report, reportFor } from './problem.ts';
import { checkVirtualHosts } from './route.ts';

const routerType = '/envoy.extensions.filters.http.router.v3.Router';

/**
 * Checks a client-side listener against the strictest union of what clients take.
 *
 * @throws ResourceError
 */
export function checkListener(listener: Listener): void {
  const report = reportFor('Listener', listener.name);
  if (listener.name === '') throw report('name', 'is empty');
  const field = 'api_listener.api_listener';
  const manager = managerIn(listener.apiListener?.apiListener);
  if (manager === undefined) throw report(field, 'is not an HttpConnectionManager');
  if (manager.xffNumTrustedHops !== 0) throw report(`${field}.xff_num_trusted_hops`, 'is rejected by gRPC (A41)');
  if (manager.originalIpDetectionExtensions.length > 0) {
    throw report(`${field}.original_ip_detection_extensions`, 'are rejected by gRPC (A41)');
  }
  checkFilters(report, `${field}.http_filters`, manager);
  const { routeSpecifier: routes } = manager;
  if (routes.case === 'rds') {
    checkConfigSource(report, `${field}.rds.config_source`, routes.value.configSource);
    if (routes.value.routeConfigName === '') throw report(`${field}.rds.route_config_name`, 'is empty');
  } else if (routes.case === 'routeConfig')
    checkVirtualHosts(report, `${field}.route_config.virtual_hosts`, routes.value);
  else throw report(`${field}.route_specifier`, 'is neither rds nor route_config');
}

function managerIn(any: Any | undefined): HttpConnectionManager | undefined {
  return any && anyUnpack(any, HttpConnectionManagerSchema);
}

function checkFilters(report: Report, field: string, { httpFilters }: HttpConnectionManager): void {
  const names = new Set<string>();
  httpFilters.forEach(({ name, configType }, index) => {
    const at = `${field}[${index}]`;
    if (name === '') throw report(`${at}.name`, 'is empty');
    if (names.has(name)) throw report(`${at}.name`, `"${name}" occurs twice`);
    names.add(name);
    const isRouter = configType.case === 'typedConfig' && configType.value.typeUrl.endsWith(routerType);
    const isLast = index === httpFilters.length - 1;
    if (isRouter !== isLast)
      throw report(at, isRouter ? 'is a router, but not the last' : 'is the last, but not a router');
  });
  if (httpFilters.length === 0) throw report(field, 'are empty; the last one has to be the router');
}
