import { parseAllDocuments, stringify } from 'yaml';
import { images } from '../../support/cluster.ts';
import { kubectl } from '../../support/run.ts';

/** As much of a Kubernetes object as the tests look at. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  readonly [key: string]: any;
}

/** What `kubectl apply -k deploy/systems/SYSTEM` would apply, with the image under test, in this namespace. */
export async function manifestsOf(system: string, namespace: string): Promise<Manifest[]> {
  const text = await kubectl(['kustomize', `deploy/systems/${system}`]);
  const here = text
    .replaceAll('image: evenkeel:dev', `image: ${images.evenkeel}`)
    .replaceAll('image: evenkeel-nginx:dev', `image: ${images.nginx}`)
    // Names that are written out in full say where the write-ups have it all.
    .replaceAll('.default.svc.cluster.local', `.${namespace}.svc.cluster.local`)
    .replaceAll('"namespace": "default"', `"namespace": "${namespace}"`)
    .replaceAll('evenkeel-xds.evenkeel', `evenkeel-xds.${namespace}`)
    .replaceAll(/image: docker\.io\/envoyproxy\/envoy:\S+/g, `image: ${images.envoy}`)
    .replaceAll(/image: docker\.io\/openzipkin\/zipkin:\S+/g, `image: ${images.zipkin}`);
  return parseAllDocuments(here).map((document) => document.toJS() as Manifest);
}

export function toYaml(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => stringify(manifest, { aliasDuplicateObjects: false })).join('---\n');
}
