// evenkeel's xDS library as a server under test: the resources and changes of internal/shape, the control channel of
// internal/control.
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import {
  AdsServer,
  buildApiListener,
  buildAssignment,
  buildEdsCluster,
  buildRoute,
  type EncodedResource,
  SnapshotCache,
} from '@evenkeel/xds';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '1' },
    endpoints: { type: 'string', default: '100' },
    'pod-localities': { type: 'boolean', default: false },
  },
});
const services = Number(values.services);
const endpoints = Number(values.endpoints);
const basePort = 20_000;

function nameOf(service: number): string {
  return `svc-${service}`;
}

function assignment(service: number, generation: number): EncodedResource {
  const all = Array.from({ length: endpoints }, (_, index) => ({
    address: `10.${service % 200}.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    port: index === 0 ? basePort + generation : basePort,
    weight: 1,
    healthy: true,
  }));
  const place = { region: 'region-1', zone: 'zone-a' };
  return buildAssignment({
    clusterName: nameOf(service),
    localities: values['pod-localities']
      ? all.map((one) => ({ ...place, subZone: `${one.address}:${one.port}`, endpoints: [one] }))
      : [{ ...place, endpoints: all }],
  });
}

const cache = new SnapshotCache();
cache.update({
  set: Array.from({ length: services }, (_, service) => {
    const name = nameOf(service);
    return [
      buildApiListener({ name, routeName: name }),
      buildRoute({ name, cluster: name }),
      buildEdsCluster({ name }),
      assignment(service, 0),
    ];
  }).flat(),
});
const server = new AdsServer({ cache });
const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });

const control = createServer({ noDelay: true }, (socket) => {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const { service, generation } = JSON.parse(line) as { service: number; generation: number };
      cache.set(assignment(service, generation));
      socket.write('{}\n');
    }
  });
});
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  if (address === null || typeof address === 'string') throw new Error('the control channel has no port');
  console.log(JSON.stringify({ xds: `${host}:${port}`, control: `127.0.0.1:${address.port}` }));
});

// Leaving by exit() lets --cpu-prof write its profile.
process.once('SIGTERM', () => process.exit(0));
