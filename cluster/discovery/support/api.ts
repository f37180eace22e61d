import https from 'node:https';
import type { KubeAccess } from '../../../src/discovery/kubernetes/kube-request.ts';

/** An object of the API, as its JSON is. */
export type ApiObject = Readonly<Record<string, unknown>>;

const manager = 'evenkeel-test';
/** Requests at a time: enough to fill a cluster, few enough for priority and fairness to let through. */
const maxSockets = 16;

/** Writes to an API server, as somebody who may; what is tested only reads. */
export class Api {
  readonly #access: KubeAccess;
  readonly #agent = new https.Agent({ keepAlive: true, maxSockets });

  constructor(access: KubeAccess) {
    this.#access = access;
  }

  /** Creates the object, or makes it exactly what it says; what is so already is not changed. */
  apply(path: string, object: ApiObject): Promise<ApiObject> {
    return this.request('PATCH', `${path}?fieldManager=${manager}&force=true`, object);
  }

  delete(path: string): Promise<ApiObject> {
    return this.request('DELETE', path);
  }

  async request(method: string, path: string, body?: ApiObject): Promise<ApiObject> {
    const { headers, ...options } = await this.#access.requestOptions();
    const { promise, resolve, reject } = Promise.withResolvers<ApiObject>();
    const type = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json';
    const request = https.request(new URL(`${this.#access.server}${path}`), {
      agent: this.#agent,
      ...options,
      method,
      headers: { ...headers, accept: 'application/json', 'content-type': type },
    });
    request.on('error', reject);
    request.on('response', async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve(JSON.parse(text));
      else reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`));
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}

const namespaces = '/api/v1/namespaces';

/** A namespace with a name of its own. */
export async function createNamespace(api: Api, prefix: string): Promise<string> {
  const made = await api.request('POST', namespaces, { metadata: { generateName: `${prefix}-` } });
  return (made.metadata as { name: string }).name;
}

/** Begins to delete it and everything in it. */
export async function deleteNamespace(api: Api, name: string): Promise<void> {
  await api.delete(`${namespaces}/${name}`);
}

export function servicePath(namespace: string, name: string): string {
  return `${namespaces}/${namespace}/services/${name}`;
}

export function slicePath(namespace: string, name: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`;
}

/** A Service without a selector: nobody but us writes its EndpointSlices. */
export function serviceObject(name: string, spec: ApiObject = {}, metadata: ApiObject = {}): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...metadata },
    spec: { ports: [{ name: 'grpc', port: 50051, protocol: 'TCP' }], ...spec },
  };
}

export interface SliceEndpoint {
  readonly address: string;
  readonly ready?: boolean;
  readonly terminating?: boolean;
}

export function sliceObject(
  service: string,
  name: string,
  endpoints: readonly SliceEndpoint[],
  port = 50051,
): ApiObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      labels: { 'kubernetes.io/service-name': service, 'endpointslice.kubernetes.io/managed-by': manager },
    },
    addressType: 'IPv4',
    ports: [{ name: 'grpc', port, protocol: 'TCP' }],
    endpoints: endpoints.map(({ address, terminating = false, ready = !terminating }) => ({
      addresses: [address],
      conditions: { ready, serving: ready || terminating, terminating },
    })),
  };
}
