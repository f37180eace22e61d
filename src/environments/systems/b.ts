import { caller, type ReferenceSystem, workload } from './system.ts';

/** One server with two protocols and a client for each. */
export const systemB: ReferenceSystem = {
  title: 'one server, two protocols, two clients',
  services: [
    {
      name: 'server',
      ports: [
        { name: 'http', port: 8080 },
        { name: 'grpc', port: 50_051, appProtocol: 'grpc' },
      ],
    },
    { name: 'xds-srv', selector: ['evenkeel'], ports: [{ name: 'xds', port: 18_000 }] },
  ],
  deployments: [{ name: 'server', replicas: 3, template: workload(['server'], { http: 8080, grpc: 50_051 }) }],
  callers: [
    { name: 'client-http', template: caller(['client-http']) },
    { name: 'client-grpc', template: caller(['client-grpc']) },
  ],
  controlPlane: { name: 'evenkeel', mode: 'file' },
  gateway: ['default/server:http', 'default/server:grpc'],
  addresses: {
    HTTP: { http: 'server', port: 'http' },
    GRPC: { grpc: 'server', port: 'grpc' },
    HTTP_L7: { http: 'gateway' },
    GRPC_L7: { grpc: 'gateway' },
    CLIENT_HTTP: { podOf: 'client-http' },
    CLIENT_GRPC: { podOf: 'client-grpc' },
    GRPC_XDS_BOOTSTRAP_CONFIG: 'bootstrap',
  },
  show: [
    'evenkeel lab logs "$CLIENT_HTTP"',
    'evenkeel lab logs "$CLIENT_GRPC"',
    'evenkeel workload client-http --url "$HTTP/" --keep-alive --count 9',
    'evenkeel workload client-http --url "$HTTP_L7/" --keep-alive --count 9',
    'evenkeel workload client-grpc --target "$GRPC_L7" --count 9',
    'evenkeel workload client-grpc --target xds:///server:50051 --count 9',
  ],
};
