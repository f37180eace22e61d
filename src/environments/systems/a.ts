import { type ReferenceSystem, workload } from './system.ts';

/** A gateway in front of a gRPC and an HTTP backend. */
export const systemA: ReferenceSystem = {
  title: 'a gateway in front of two backends',
  services: [
    {
      name: 'grpc-svc',
      headless: true,
      selector: ['hellogrpc'],
      ports: [{ name: 'grpc', port: 8000, appProtocol: 'grpc' }],
    },
    { name: 'http-svc', selector: ['hellohttp'], ports: [{ name: 'http', port: 80, targetPort: 8100 }] },
    { name: 'serve-svc', selector: ['helloserve'], ports: [{ name: 'http', port: 80, targetPort: 8200 }] },
  ],
  deployments: [
    { name: 'hellogrpc', replicas: 3, template: workload(['hellogrpc'], { grpc: 8000 }) },
    { name: 'hellohttp', replicas: 3, template: workload(['hellohttp'], { http: 8100 }) },
  ],
  callers: [{ name: 'helloserve', replicas: 3, template: workload(['helloserve'], { http: 8200 }) }],
  addresses: { SERVE: { http: 'serve-svc' } },
  show: ['curl "$SERVE/hellogrpc?name=you"', 'curl "$SERVE/hellohttp?name=you"', 'evenkeel lab scale hellogrpc 0'],
};
