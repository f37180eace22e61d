import type { Kubectl } from './namespace.ts';

/** As much of `/config_dump` as the tests look at. */
export interface ConfigDump {
  readonly target?: { readonly served: boolean; readonly reason?: string };
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    /** Absent: nothing is left out. */
    readonly problems?: readonly string[];
  }[];
  readonly clients: readonly { readonly stream: number; readonly node: { readonly id: string } }[];
}

/** What an answer of a copy's admin server says; it is asked inside the pod, since others may not read all of it. */
export function askAdmin(kubectl: Kubectl, pod: string, path: string): Promise<string> {
  const ask = `console.log(await (await fetch('http://127.0.0.1:18001' + process.argv[1])).text())`;
  return kubectl(['exec', pod, '--', '/nodejs/bin/node', '--input-type=module', '-e', ask, path]);
}

/** @param query - `?target=orders&namespace=shop` */
export async function configDump(kubectl: Kubectl, pod: string, query = ''): Promise<ConfigDump> {
  return JSON.parse(await askAdmin(kubectl, pod, `/config_dump${query}`)) as ConfigDump;
}
