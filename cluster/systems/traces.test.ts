import assert from 'node:assert/strict';
import { test } from 'node:test';
import { images, without, withoutCluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';
import { type Manifest, manifestsOf } from './support/manifests.ts';
import { Namespace } from './support/namespace.ts';

interface Span {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind: string;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags: Readonly<Record<string, string>>;
}

const forms: Readonly<Record<string, Record<string, string>>> = {
  none: {},
  w3c: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  b3: { b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1' },
  b3multi: { 'x-b3-traceid': '463ac35c9f6413ad', 'x-b3-spanid': 'a2fb4a1d1a96d312', 'x-b3-sampled': '1' },
};

const skip =
  withoutCluster() || without(images.zipkin, 'EVENKEEL_ZIPKIN_IMAGE names no image with a Zipkin that the nodes have');

test('system C with a trace store: one trace over the three services', { skip }, async (t) => {
  const here = await Namespace.create(t, 'traces');
  const manifests = await manifestsOf('c-traces', here.name);
  const isStore = ({ metadata }: Manifest) => metadata.name === 'zipkin';
  // One after the other: a JVM and nine pods at once would starve each other's probes on a small machine.
  await here.apply(manifests.filter(isStore));
  await here.rolledOut('zipkin');
  await here.apply(manifests.filter((manifest) => !isStore(manifest)));
  await here.rolledOut('service-a', 'service-b', 'service-c');
  const { items } = await here.get('pods');
  const nodeOf = new Map<string, string>(
    items.map(({ metadata, spec }: { metadata: { name: string }; spec: { nodeName: string } }) => [
      metadata.name,
      spec.nodeName,
    ]),
  );
  const spansOf = async (user: string): Promise<Span[]> => {
    const query = new URLSearchParams({ annotationQuery: `user=${user}` });
    const { body } = await here.callOnce(`http://zipkin:9411/api/v2/traces?${query}`);
    return (JSON.parse(body) as Span[][]).flat().filter(({ tags }) => tags.user === user);
  };

  for (const protocol of ['http', 'grpc']) {
    for (const [form, headers] of Object.entries(forms)) {
      const user = `${form}-${protocol}`;
      const url = `http://service-a/hops?via=dns&protocol=${protocol}&user=${user}`;
      // The name of a Service that was just made may be unknown for a moment.
      const { body } = await until(
        'an answer through the chain',
        () => here.callOnce(url, { headers }),
        ({ status }) => status === 200,
      );
      const hops = (JSON.parse(body) as { hops: { pod: string }[] }).hops.map(({ pod }) => pod);
      const spans = await until(
        `the spans of ${user}`,
        () => spansOf(user),
        (found) =>
          hops.every((pod) => found.some(({ kind, tags }) => kind === 'SERVER' && tags['k8s.pod.name'] === pod)),
      );
      const last = spans.find(({ kind, tags }) => kind === 'SERVER' && tags['k8s.pod.name'] === hops[2])!;
      const path = [last];
      for (let at = last; ; ) {
        const parent = spans.find(({ id, traceId }) => id === at.parentId && traceId === at.traceId);
        if (parent === undefined) break;
        path.unshift(parent);
        at = parent;
      }
      assert.deepEqual(
        path.map(({ kind, localEndpoint }) => `${kind} ${localEndpoint.serviceName}`),
        ['SERVER service-a', 'CLIENT service-a', 'SERVER service-b', 'CLIENT service-b', 'SERVER service-c'],
        user,
      );
      for (const { tags } of path) {
        assert.equal(tags['k8s.node.name'], nodeOf.get(tags['k8s.pod.name']!));
        assert.equal(tags['k8s.namespace.name'], here.name);
      }
    }
  }
});
