import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Lab, type LabOptions, type PodTemplate } from '../index.ts';

/** A lab that ends with its test. */
export async function startLab(t: TestContext, options: LabOptions = {}): Promise<Lab> {
  const lab = await Lab.start(options);
  t.after(() => lab.stop());
  return lab;
}

/** pod.ts beside this file, with an HTTP server on port 8080 that is ready when it answers. */
export function testPod(env: Record<string, string> = {}, rest: Partial<PodTemplate> = {}): PodTemplate {
  return {
    args: [fileURLToPath(new URL('./pod.ts', import.meta.url))],
    env: { HTTP_PORT: '8080', ...env },
    ports: [{ name: 'http', port: 8080 }],
    readiness: { http: { port: 8080, path: '/ready' }, periodMs: 50 },
    ...rest,
  };
}

/** The body of an answer, on a connection of its own. */
export async function get(address: string, path = '/'): Promise<string> {
  const response = await fetch(`http://${address}${path}`, { headers: { connection: 'close' } });
  return response.text();
}
