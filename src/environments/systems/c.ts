import type { DeploymentSpec, ServiceSpec } from '../../lab/index.ts';
import { type ReferenceSystem, workload } from './system.ts';

function service(name: string): ServiceSpec {
  return {
    name,
    ports: [
      { name: 'http', port: 80, targetPort: 8000 },
      { name: 'http-alt', port: 8000 },
      { name: 'grpc', port: 50_051, appProtocol: 'grpc' },
    ],
  };
}

function deployment(name: string, type: 'A' | 'B' | 'C'): DeploymentSpec {
  return {
    name,
    replicas: 3,
    template: workload(['service'], { http: 8000, grpc: 50_051 }, { SERVICE_TYPE: type }),
  };
}

/** The first service as a load balancer reaches it on one machine, under `externalTrafficPolicy: Local`. */
function onNode(kubeNode: string): ServiceSpec {
  return {
    name: `service-a-${kubeNode}`,
    selector: ['service-a'],
    ports: [{ name: 'http', port: 80, targetPort: 8000 }],
    spread: 'node',
    kubeNode,
  };
}

const nodes = ['node-1', 'node-2', 'node-3'];

/** A chain of three services, the last of which got its Service too late. */
export const systemC: ReferenceSystem = {
  title: 'a chain of services, found by environment and by DNS',
  services: [service('service-a'), service('service-b')],
  deployments: [deployment('service-a', 'A'), deployment('service-b', 'B'), deployment('service-c', 'C')],
  laterServices: [service('service-c'), ...nodes.map(onNode)],
  addresses: {
    A: { http: 'service-a' },
    B: { http: 'service-b' },
    C: { http: 'service-c' },
    A_NODE_1: { http: 'service-a-node-1' },
    A_NODE_2: { http: 'service-a-node-2' },
    A_NODE_3: { http: 'service-a-node-3' },
  },
  show: [
    'curl "$A/"',
    'curl "$A/service"',
    'curl "$A/service?via=dns"',
    'evenkeel lab rollout service-b --cause "service-c has a Service now"',
    'curl "$A/hops"',
    'curl "$A/hops?protocol=grpc"',
    'curl "$A_NODE_1/client"',
  ],
};
