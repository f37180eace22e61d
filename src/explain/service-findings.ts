import type { ExplainedEndpoint, ExplainedPort } from '../controlplane/explain-port.ts';
import type { ExplainedService, ExplainView } from '../controlplane/explain-view.ts';
import type { Finding } from './finding.ts';
import { listed, sentence } from './words.ts';

/** What one control plane knows to be the matter with a target, whoever asks for it. Pure. */
export function serviceFindings(view: ExplainView, kubeNodes: readonly string[]): Finding[] {
  const { malformed, target, service } = view;
  if (malformed !== null) {
    return [{ kind: 'malformed-target', severity: 'fault', text: sentence(`"${target}" is no target: ${malformed}`) }];
  }
  if (service === null) return [missingService(view)];
  const { port } = service;
  if (port === null) {
    const has = service.portNames.length === 0 ? 'it has none' : `it has ${listed(service.portNames)}`;
    const problems = service.portNames.length === 0 ? [...service.problems] : [];
    const text = sentence(
      [`Service ${keyOf(service)} ${service.noPort?.replace(/^the Service /, '')}; ${has}`, ...problems].join('; '),
    );
    return [{ kind: 'no-such-port', severity: 'fault', text }];
  }
  return [
    ...(view.notServed === null
      ? []
      : [
          {
            kind: 'not-served',
            severity: 'fault',
            text: sentence(`xds:///${target} is not served: ${view.notServed}`),
          } as const,
        ]),
    ...rejectedService(service),
    ...endpointFindings(service, port, kubeNodes),
    ...planFindings(service, port),
    ...protocolFindings(service, port),
  ];
}

function missingService({ target, namespace, notServed, forbidden, similar }: ExplainView): Finding {
  const [first, ...others] = similar.map((one) => `xds:///${one}`);
  const didYouMean = first === undefined ? undefined : `did you mean ${first}?`;
  if (forbidden !== null) {
    const text = sentence(`The control plane may not read the namespace of ${target}: ${forbidden}`);
    const action = 'Grant it get, list and watch on services and endpointslices there (docs/kubernetes.md).';
    return { kind: 'namespace-forbidden', severity: 'fault', text, action };
  }
  const [none = 'there is no such Service', ...why] = (notServed ?? '').split('; ');
  const cause = none.replace(/^there is no /, 'No ').replace(/ \(the namespace.*?\)$/, '');
  const bare = `A name without a namespace is looked up in that of the client, here ${namespace}.`;
  const more = [
    ...(why.length > 0 && didYouMean !== undefined ? [`Or: ${didYouMean}`] : []),
    ...(others.length === 0 ? [] : [`Also like it: ${listed(others)}.`]),
    ...(target.includes('.') ? [] : [bare]),
  ];
  return {
    kind: 'no-such-service',
    severity: 'fault',
    text: sentence(
      `${cause}${why.length > 0 ? `: ${why.join('; ')}` : didYouMean === undefined ? '' : `: ${didYouMean}`}`,
    ),
    ...(more.length === 0 ? {} : { action: more.join(' ') }),
  };
}

function rejectedService(service: ExplainedService): Finding[] {
  if (service.rejected === null) return [];
  const text = `The newest state of ${keyOf(service)} is not published, as clients would reject it: ${service.rejected}`;
  return [{ kind: 'service-rejected', severity: 'fault', text: sentence(text) }];
}

/** Only Kubernetes has selectors. */
const emptySources: Readonly<Record<string, { readonly why: string; readonly action: string }>> = {
  file: { why: 'the endpoint file lists none', action: 'Look into the endpoint file, and at what writes it.' },
  dns: { why: 'DNS knows no address of it', action: 'Ask DNS for its SRV records (docs/configuration.md).' },
};

function endpointFindings(service: ExplainedService, port: ExplainedPort, kubeNodes: readonly string[]): Finding[] {
  const what = `${keyOf(service)}:${port.port}`;
  if (port.total === 0) {
    const from = emptySources[service.source ?? ''];
    const why =
      service.problems.find((one) => /EndpointSlice|ExternalName|port/.test(one)) ??
      from?.why ??
      'its selector matches no pod';
    const action =
      from?.action ??
      `Compare the labels of the pods with the selector: kubectl get service,endpointslices -n ${service.namespace} -o wide.`;
    return [{ kind: 'no-endpoints', severity: 'fault', text: sentence(`${what} has no endpoint: ${why}`), action }];
  }
  const out = port.endpoints.filter(({ state }) => state !== 'published');
  const published = port.states.published ?? 0;
  if (published === 0) {
    const text = `No pod of ${what} is ready: ${reasonsOf(out)}`;
    return [{ kind: 'no-ready-endpoints', severity: 'fault', text: sentence(text) }];
  }
  const local = localFinding(service, port, kubeNodes);
  if (local !== undefined) return [local];
  if (port.rule === 'panic') {
    const text = `Every ready pod of ${what} fails its health check, so all of them are published`;
    return [{ kind: 'all-unhealthy', severity: 'warning', text: sentence(text) }];
  }
  if (port.rule === 'terminating') {
    const text = `No pod of ${what} is ready; the ${published} that terminate and still answer get its calls`;
    return [{ kind: 'terminating-only', severity: 'warning', text: sentence(text) }];
  }
  if (out.length === 0) return [];
  const text = sentence(
    `${port.total - published} of ${port.total} pods of ${what} ${port.total - published === 1 ? 'gets' : 'get'} no calls: ${reasonsOf(out)}`,
  );
  // Pods that come and go are what a rollout looks like.
  const isUsual = Object.keys(port.states).every((state) => ['published', 'terminating', 'not-ready'].includes(state));
  return [{ kind: 'endpoints-left-out', severity: isUsual ? 'note' : 'warning', text }];
}

function localFinding(
  service: ExplainedService,
  port: ExplainedPort,
  kubeNodes: readonly string[],
): Finding | undefined {
  if (service.internalTrafficPolicy !== 'Local') return undefined;
  const served = new Set(
    port.endpoints.flatMap(({ state, kubeNode }) => (state === 'published' && kubeNode !== null ? [kubeNode] : [])),
  );
  const without = kubeNodes.filter((kubeNode) => !served.has(kubeNode));
  if (without.length === 0) return undefined;
  const text = `${keyOf(service)} has internalTrafficPolicy Local, and no pod that is ready on ${listed(without)}`;
  return { kind: 'no-local-endpoints', severity: 'fault', text: sentence(text) };
}

/** Reasons of a plan that a note has. */
const mostReasons = 3;

function planFindings(service: ExplainedService, { port, plan }: ExplainedPort): Finding[] {
  if (plan === undefined) return [];
  const more = plan.why.length - mostReasons;
  const why = [...plan.why.slice(0, mostReasons), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  const planned = `Clients of ${keyOf(service)}:${port} are given ${plan.given}, as planned`;
  const text = sentence(why === '' ? planned : `${planned}: ${why}`);
  return [{ kind: 'planned', severity: 'note', text }];
}

function protocolFindings(
  service: ExplainedService,
  { port, name, appProtocol, isGrpc, isChosen }: ExplainedPort,
): Finding[] {
  if (isChosen) {
    const others = service.portNames.filter((one) => !one.startsWith(`${port} `) && one !== String(port));
    const text = sentence(
      `The target names no port and means ${port}${name === '' ? '' : ` (${name})`}, not ${listed(others)}`,
    );
    return isGrpc || appProtocol === undefined
      ? [{ kind: 'not-grpc', severity: 'note', text }]
      : [
          {
            kind: 'not-grpc',
            severity: 'warning',
            text: `${text} Its appProtocol is ${appProtocol}, which is not gRPC.`,
          },
        ];
  }
  if (isGrpc || appProtocol === undefined) return [];
  const text = sentence(`Port ${port} of ${keyOf(service)} has the appProtocol ${appProtocol}, which is not gRPC`);
  return [{ kind: 'not-grpc', severity: 'warning', text }];
}

/** The first few, by name, and why; those of one reason together. */
function reasonsOf(endpoints: readonly ExplainedEndpoint[]): string {
  const groups = [...Map.groupBy(endpoints, ({ why }) => why)];
  const rest = groups.length - 3;
  const texts = groups.slice(0, 3).map(([why, same]) => {
    const names = listed(
      same.map(({ pod, address }) => pod ?? address),
      3,
    );
    return `${names} ${same.length === 1 ? why : why.replace(/^is /, 'are ')}`;
  });
  return `${texts.join('; ')}${rest > 0 ? `; and ${rest} reasons more` : ''}`;
}

function keyOf({ namespace, name }: ExplainedService): string {
  return `${namespace}/${name}`;
}
