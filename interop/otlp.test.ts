// System C in the lab, with a real Jaeger as the store of its traces, which come to it by OTLP.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { pathOf } from '../src/workloads/testing/stored-span.ts';
import { SystemProcess } from '../test/support/system-process.ts';
import { startJaeger } from './traces/start-jaeger.ts';
import { without } from './traces/without.ts';

const program = resolve(import.meta.dirname, '..', 'build', 'interop', 'jaeger');
const skip = without(program, 'there is no Jaeger: node interop/install.mjs jaeger');
const wholePath = ['SERVER service-a', 'CLIENT service-a', 'SERVER service-b', 'CLIENT service-b', 'SERVER service-c'];

for (const transport of ['grpc', 'http/protobuf'] as const) {
  test(`traces reach a real store by OTLP over ${transport}`, { skip, timeout: 300_000 }, async (t) => {
    const jaeger = await startJaeger(program);
    t.after(() => jaeger.stop());
    const protocol = { OTEL_EXPORTER_OTLP_PROTOCOL: transport };
    const system = await SystemProcess.start('c', protocol, ['--traces', jaeger.otlp[transport]]);
    t.after(() => system.stop());
    const A = system.ready.addresses.A!;

    for (const calls of ['http', 'grpc']) {
      const response = await fetch(`${A}/hops?via=dns&protocol=${calls}&user=${calls}`);
      const { hops } = (await response.json()) as { hops: { pod: string }[] };
      const traces = await jaeger.tracesOf('service-a', 'user', calls, 5);
      assert.equal(traces.length, 1);
      assert.deepEqual(pathOf(traces[0]!), wholePath);
      const pods = new Set(traces[0]!.map(({ tags }) => tags['k8s.pod.name']!));
      assert.deepEqual([...pods].sort(), hops.map(({ pod }) => pod).sort(), 'the pods that answered are named');
      assert.deepEqual(new Set(traces[0]!.map(({ tags }) => tags.user)), new Set([calls]));
    }

    const calls = 40;
    for (let made = 0; made < calls; made++) await fetch(`${A}/hops?via=dns&user=many`);
    const many = await jaeger.tracesOf('service-a', 'user', 'many', calls * 5);
    assert.deepEqual([many.length, many.flat().length], [calls, calls * 5], 'as many spans as there were calls');
  });
}
