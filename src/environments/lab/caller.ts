import { clientBootstrap } from '../../bootstrap/client-bootstrap.ts';
import { type ControlPlane, evenkeelCommand, type Lab, type ServiceRecord } from '../../lab/index.ts';

/** Calls a second: enough to see what becomes of them, and next to nothing for the machine. */
const rate = 20;

/**
 * Starts a pod that calls a Service all the time, so that a lab that is kept up has something to show; does not wait.
 *
 * @returns what it does, for people
 */
export function startCaller(lab: Lab, { name, namespace }: ServiceRecord, { xdsAddress }: ControlPlane): string {
  const who = { namespace, nodeId: '$(POD_NAME)', zone: '$(EVENKEEL_ZONE)' };
  const bootstrap = clientBootstrap({ server: xdsAddress, ...who }, {});
  const target = `xds:///${name}`;
  lab.createDeployment({
    name: 'caller',
    template: {
      // After an hour the lab starts it again.
      ...evenkeelCommand('probe', target, '--rate', String(rate), '--duration', '1h'),
      env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) },
    },
  });
  return `the deployment caller calls ${target}, ${rate}/s`;
}
