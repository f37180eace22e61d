import { create } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { RouterSchema } from '../gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
  RdsSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { adsConfigSource } from './config-source.ts';
import { type RouteSpec, routeMessage } from './route.ts';

/** An HTTP filter before the router. */
export interface HttpFilterSpec {
  /** Unique in its listener. */
  readonly name: string;
  /** Its configuration, packed. */
  readonly config: Any;
}

/** Where a listener's calls go: one of the two. */
export type RouteSource =
  | {
      /** Name of a route configuration, which the client asks for next. */ readonly routeName: string;
      readonly route?: undefined;
    }
  | { /** The routes themselves. */ readonly route: RouteSpec; readonly routeName?: undefined };

/** What listeners of both kinds have in common: routes and filters. */
export type HttpConnectionManagerSpec = RouteSource & {
  /** Filters before the router, in order; the router is added. */
  readonly httpFilters?: readonly HttpFilterSpec[] | undefined;
};

/** The manager with the router as its last filter, which every client asks for (gRFC A39). */
export function httpConnectionManager(spec: HttpConnectionManagerSpec, statPrefix = ''): HttpConnectionManager {
  const { httpFilters = [] } = spec;
  const filters = [
    ...httpFilters,
    { name: 'envoy.filters.http.router', config: anyPack(RouterSchema, create(RouterSchema)) },
  ];
  const routeSpecifier: HttpConnectionManager['routeSpecifier'] =
    spec.route === undefined
      ? { case: 'rds', value: create(RdsSchema, { configSource: adsConfigSource(), routeConfigName: spec.routeName }) }
      : { case: 'routeConfig', value: routeMessage(spec.route) };
  return create(HttpConnectionManagerSchema, {
    statPrefix,
    routeSpecifier,
    httpFilters: filters.map(({ name, config }) => ({
      name,
      configType: { case: 'typedConfig' as const, value: config },
    })),
  });
}
