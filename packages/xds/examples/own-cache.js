// A cache of one's own: resources lie in a Map here, as they might in a database, and the server asks for what clients name.
import { AdsServer, AdsTestClient, buildAssignment, ResourceError, typeUrls } from '@evenkeel/xds';

const resources = new Map();
const observers = new Set();
const key = (typeUrl, name) => `${typeUrl} ${name}`;

/** @type {import('@evenkeel/xds').XdsCache} */
const cache = {
  view: (group) => ({
    group,
    get: (typeUrl, name) => resources.get(key(typeUrl, name)),
    getByWildcard: (typeUrl, name) => resources.get(key(typeUrl, name)),
    wildcardNames: (typeUrl) =>
      [...resources.values()].filter((one) => one.typeUrl === typeUrl).map(({ name }) => name),
    givenVersion: () => undefined,
    hasType: (typeUrl) => [...resources.values()].some((one) => one.typeUrl === typeUrl),
  }),
  observe(observer) {
    observers.add(observer);
    return () => observers.delete(observer);
  },
};

function put(resource) {
  resources.set(key(resource.typeUrl, resource.name), resource);
  const names = new Map([[resource.typeUrl, new Set([resource.name])]]);
  for (const observer of observers) observer({ group: undefined, names });
}

function assignment(...addresses) {
  return buildAssignment({
    clusterName: 'orders',
    localities: [{ endpoints: addresses.map((address) => ({ address, port: 50051 })) }],
  });
}

await using server = new AdsServer({ cache });
const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
await using client = await AdsTestClient.connect(`http://127.0.0.1:${port}`, { node: { id: 'one' } });

put(assignment('127.0.0.2'));
const stream = client.sotw();
const first = await stream.requestResponseAck(typeUrls.endpoint, ['orders']);
put(assignment('127.0.0.2', '127.0.0.3'));
const second = await stream.responseAck(typeUrls.endpoint);

let field;
try {
  put(assignment('no address'));
} catch (error) {
  if (!(error instanceof ResourceError)) throw error;
  ({ field } = error);
}
console.log(JSON.stringify({ names: [first.names, second.names], isChange: first.version !== second.version, field }));
