import type { DeploymentSpec, ServiceSpec } from '../../lab/index.ts';
import { type ReferenceSystem, workload } from './system.ts';

const port = 8080;

function grpcService(name: string, selector: string, headless: boolean): ServiceSpec {
  return { name, headless, selector: [selector], ports: [{ name: 'grpc', port, appProtocol: 'grpc' }] };
}

function httpService(name: string): ServiceSpec {
  return { name, ports: [{ name: 'http', port }] };
}

/** A second between two look-ups instead of the ordinary 30, so that only what makes the channel look differs. */
function app(name: string, ...flags: string[]): DeploymentSpec {
  const deadlines = ['--deadline-ms', '30000', '--dns-min-interval-ms', '1000'];
  const kind = name === 'sample-service-js' ? 'sample-js' : 'sample-go';
  return { name, template: workload([kind, ...deadlines, ...flags], { http: port }) };
}

/** Applications behind a front, and five ways from them to a gRPC service. */
export const systemD: ReferenceSystem = {
  title: 'a front, applications, a gRPC service that grows',
  services: [
    grpcService('sample-service-grpc', 'sample-service-grpc', true),
    grpcService('grpc-clusterip', 'sample-service-grpc', false),
    grpcService('grpc-aged', 'grpc-aged', true),
    ...['sample-service-go', 'sample-service-nginx'].map(httpService),
    ...['go-clusterip', 'go-pick-first', 'go-aged', 'go-l7'].map(httpService),
    { name: 'xds-srv', selector: ['evenkeel'], ports: [{ name: 'xds', port: 18_000 }] },
  ],
  deployments: [
    { name: 'sample-service-grpc', replicas: 5, template: workload(['sample-grpc'], { grpc: port }) },
    // A fifth of the 10 s of the original, so that a page can wait for it.
    {
      name: 'grpc-aged',
      template: workload(['sample-grpc'], { grpc: port }, { EVENKEEL_MAX_CONNECTION_AGE_MS: '2000' }),
    },
  ],
  callers: [
    app('sample-service-go'),
    app('sample-service-js'),
    app('go-clusterip', '--grpc-upstream', 'dns:///grpc-clusterip:8080'),
    app('go-pick-first', '--lb-policy', 'pick_first'),
    app('go-aged', '--grpc-upstream', 'dns:///grpc-aged:8080'),
    app('go-l7', '--grpc-upstream', 'dns:///gateway:10000'),
    { name: 'sample-service-nginx', template: workload(['sample-nginx'], { http: port }) },
  ],
  // Not there when nginx starts.
  laterServices: [httpService('sample-service-js')],
  controlPlane: { name: 'evenkeel', mode: 'file' },
  gateway: ['default/sample-service-grpc:grpc'],
  needs: { 'sample-service-nginx': 'nginx', 'go-l7': 'envoy' },
  addresses: {
    NGINX: { http: 'sample-service-nginx' },
    GO: { http: 'sample-service-go' },
    JS: { http: 'sample-service-js' },
    GO_CLUSTERIP: { http: 'go-clusterip' },
    GO_PICK_FIRST: { http: 'go-pick-first' },
    GO_AGED: { http: 'go-aged' },
    GO_L7: { http: 'go-l7' },
    EDGE: { grpc: 'gateway' },
  },
  show: [
    'curl "$NGINX/go/sample"',
    'curl "$GO/go/sample"',
    'curl "$GO_CLUSTERIP/go/sample"',
    'curl "$GO_PICK_FIRST/go/sample"',
    'curl "$GO_L7/go/sample"',
    'evenkeel lab scale sample-service-grpc 10',
    'evenkeel lab scale grpc-aged 5',
    'curl "$GO_AGED/go/sample"',
  ],
};
