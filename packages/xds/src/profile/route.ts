import { millisecondsOf } from '../duration.ts';
import type {
  HeaderMatcher,
  RetryPolicy,
  Route,
  RouteAction,
  RouteMatch,
  VirtualHost,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { RouteConfiguration } from '../gen/envoy/config/route/v3/route_pb.ts';
import { type Report, reportFor } from './problem.ts';
import { checkRegex } from './regex.ts';

const maxUint32 = 4_294_967_295;

/**
 * Checks a route configuration against the strictest union of what clients take.
 *
 * @throws ResourceError
 */
export function checkRoute(route: RouteConfiguration): void {
  const report = reportFor('RouteConfiguration', route.name);
  if (route.name === '') throw report('name', 'is empty');
  checkVirtualHosts(report, 'virtual_hosts', route);
}

/** The same for routes that are part of a listener. */
export function checkVirtualHosts(report: Report, field: string, { virtualHosts }: RouteConfiguration): void {
  const names = new Set<string>();
  const domains = new Set<string>();
  virtualHosts.forEach((host, index) => {
    const at = `${field}[${index}]`;
    if (names.has(host.name)) throw report(`${at}.name`, `"${host.name}" occurs twice`);
    names.add(host.name);
    checkDomains(report, `${at}.domains`, host, domains);
    host.routes.forEach((route, place) => {
      checkRule(report, `${at}.routes[${place}]`, route);
    });
  });
}

function checkDomains(report: Report, field: string, host: VirtualHost, seen: Set<string>): void {
  if (host.domains.length === 0) throw report(field, 'are empty');
  host.domains.forEach((domain, index) => {
    const stars = domain.split('*').length - 1;
    const atEnd = domain.startsWith('*') || domain.endsWith('*');
    if (domain === '' || stars > 1 || (stars === 1 && !atEnd)) {
      throw report(`${field}[${index}]`, `"${domain}" is not a host, "*.suffix", "prefix.*" or "*"`);
    }
    if (seen.has(domain)) throw report(`${field}[${index}]`, `"${domain}" occurs twice`);
    seen.add(domain);
  });
}

function checkRule(report: Report, field: string, { match, action }: Route): void {
  if (match === undefined) throw report(`${field}.match`, 'is missing');
  checkMatch(report, `${field}.match`, match);
  if (action.case === 'route') checkAction(report, `${field}.route`, action.value);
  else if (action.case !== 'nonForwardingAction') throw report(field, 'has an action that gRPC clients do not know');
}

function checkMatch(
  report: Report,
  field: string,
  { pathSpecifier: path, headers, queryParameters }: RouteMatch,
): void {
  if (path.case === 'safeRegex') checkRegex(report, `${field}.safe_regex`, path.value.regex);
  else if (path.case !== 'prefix' && path.case !== 'path')
    throw report(field, 'has neither prefix, path nor safe_regex');
  if (queryParameters.length > 0)
    throw report(`${field}.query_parameters`, 'make grpc-go leave out the route silently');
  headers.forEach((header, index) => {
    checkHeader(report, `${field}.headers[${index}]`, header);
  });
}

function checkHeader(report: Report, field: string, { name, headerMatchSpecifier: condition }: HeaderMatcher): void {
  if (name === '') throw report(`${field}.name`, 'is empty');
  if (condition.case === undefined) throw report(field, 'has no condition');
  if (condition.case === 'safeRegexMatch') checkRegex(report, `${field}.safe_regex_match`, condition.value.regex);
}

function checkAction(report: Report, field: string, action: RouteAction): void {
  const { clusterSpecifier: target, retryPolicy, hashPolicy } = action;
  if (target.case === 'cluster') {
    if (target.value === '') throw report(`${field}.cluster`, 'is empty');
  } else if (target.case === 'weightedClusters') {
    let sum = 0;
    target.value.clusters.forEach(({ name, weight = 0 }, index) => {
      if (name === '') throw report(`${field}.weighted_clusters.clusters[${index}].name`, 'is empty');
      sum += weight;
    });
    if (sum < 1 || sum > maxUint32)
      throw report(`${field}.weighted_clusters`, `weigh ${sum} together, not 1 to ${maxUint32}`);
  } else throw report(field, 'leads neither to a cluster nor to weighted clusters');
  if (retryPolicy !== undefined) checkRetries(report, `${field}.retry_policy`, retryPolicy);
  hashPolicy.forEach(({ policySpecifier: policy }, index) => {
    const regex = policy.case === 'header' ? policy.value.regexRewrite?.pattern?.regex : undefined;
    if (regex !== undefined) checkRegex(report, `${field}.hash_policy[${index}].header.regex_rewrite.pattern`, regex);
  });
}

/** gRFC A44. */
function checkRetries(report: Report, field: string, { numRetries, retryBackOff }: RetryPolicy): void {
  if (numRetries !== undefined && numRetries < 1) throw report(`${field}.num_retries`, `is ${numRetries}, less than 1`);
  if (retryBackOff === undefined) return;
  const base = millisecondsOf(retryBackOff.baseInterval) ?? 0;
  const max = millisecondsOf(retryBackOff.maxInterval);
  if (base <= 0) throw report(`${field}.retry_back_off.base_interval`, 'is not above zero');
  if (max !== undefined && max < base)
    throw report(`${field}.retry_back_off.max_interval`, 'is below the base interval');
}
