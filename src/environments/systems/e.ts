import { clientBootstrap } from '../../bootstrap/client-bootstrap.ts';
import type { ServiceSpec } from '../../lab/index.ts';
import { type ReferenceSystem, workload } from './system.ts';

const names = ['be1-srv', 'be2-srv'];

function backendService(name: string, deployment: string): ServiceSpec {
  const ports = [{ name: 'grpc', port: 50_051, appProtocol: 'grpc' }];
  return { name, headless: true, selector: [deployment], ports };
}

/** `svc_config.json` as the original has it. */
const svcConfig = {
  services: names.map((serviceName) => ({
    serviceName,
    namespace: 'default',
    portName: 'grpc',
    protocol: 'tcp',
    grpcServiceName: 'echo.EchoServer',
    zone: 'us-central1-a',
    region: 'us-central1',
  })),
};

/** By the variables that every pod gets of a Service. */
const bootstrap = clientBootstrap({
  server: '$(XDS_SRV_SERVICE_HOST):18000',
  namespace: 'default',
  nodeId: '$(POD_NAME)',
});

/** A control plane that asks DNS, two backends and a frontend without a proxy. */
export const systemE: ReferenceSystem = {
  title: 'an xDS control plane and no proxy',
  services: [
    backendService('be1-srv', 'be1'),
    backendService('be2-srv', 'be2'),
    { name: 'xds-srv', selector: ['evenkeel'], ports: [{ name: 'xds', port: 18_000 }] },
    { name: 'fe-srv', selector: ['fe'], ports: [{ name: 'http', port: 8080 }] },
  ],
  deployments: [
    { name: 'be1', replicas: 2, template: workload(['be1-srv'], { grpc: 50_051 }) },
    { name: 'be2', replicas: 2, template: workload(['be2-srv'], { grpc: 50_051 }) },
  ],
  callers: [
    {
      name: 'fe',
      template: workload(
        ['fe', '--services', names.join(), '--deadline-ms', '10000'],
        { http: 8080 },
        { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) },
      ),
    },
  ],
  controlPlane: { name: 'evenkeel', mode: 'dns', config: svcConfig },
  addresses: { FE: { http: 'fe-srv' }, XDS: { grpc: 'xds-srv' }, GRPC_XDS_BOOTSTRAP_CONFIG: 'bootstrap' },
  show: ['curl "$FE/be1-srv"', 'curl "$FE/be2-srv"', 'evenkeel lab scale be1 10', 'curl "$FE/be1-srv"'],
};
