import { rename, writeFile } from 'node:fs/promises';

/** One Service of an endpoint file, written by hand in a test. */
export interface FileService {
  readonly name: string;
  readonly port: number;
  readonly endpoints: readonly {
    readonly address: string;
    readonly terminating?: boolean;
    readonly kubeNode?: string;
    readonly zone?: string;
    readonly pod?: string;
  }[];
  readonly healthCheck?: object;
  readonly internalTrafficPolicy?: 'Cluster' | 'Local';
  readonly trafficDistribution?: string;
  readonly slowStart?: string;
  readonly balance?: string;
}

/** Puts a new endpoint file in place at once, as an orchestrator does. */
export async function replaceEndpointFile(path: string, services: readonly FileService[]): Promise<void> {
  await replaceFile(
    path,
    JSON.stringify({
      apiVersion: 'evenkeel.dev/v1',
      kind: 'Endpoints',
      services: services.map(({ name, port, ...more }) => ({
        name,
        ports: [{ name: 'grpc', port }],
        ...more,
      })),
    }),
  );
}

export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}
