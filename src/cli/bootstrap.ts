import { isIP } from 'node:net';
import type { Command } from 'commander';
import { EvenkeelError } from '../base/errors.ts';
import {
  type BootstrapOptions,
  clientBootstrap,
  defaultServer,
  defaultTlsServer,
} from '../bootstrap/client-bootstrap.ts';
import { clientTlsOf, type TlsFlags } from '../bootstrap/client-tls.ts';
import { envoyBootstrap } from '../bootstrap/envoy-bootstrap.ts';

/** What only an Envoy's bootstrap has. */
interface EnvoyFlags {
  readonly envoy?: true;
  readonly gateway?: string;
  readonly adminHost?: string;
  readonly adminPort?: string;
  readonly delta?: true;
  readonly loadReports?: true;
}

/** Everything that the command takes. */
type CommandFlags = Omit<BootstrapOptions, 'tls'> & EnvoyFlags & TlsFlags & { readonly kubernetes?: true };

export function registerBootstrap(root: Command): void {
  root
    .command('bootstrap')
    .description('Print the file that tells a gRPC client, or an Envoy, where its control plane is.')
    .option(
      '--server <host:port>',
      `the control plane's xDS address (default: ${defaultServer}, with TLS ${defaultTlsServer})`,
    )
    .option('--namespace <name>', 'where bare targets are looked up (default: $POD_NAMESPACE, else "default")')
    .option('--node-id <id>', "the client's name in /config_dump (default: $POD_NAME, else the host's name)")
    .option('--workload <name>', "who it is as a caller (default: its pod's Deployment; an Envoy: the gateway)")
    .option('--region <name>', 'region the client is in')
    .option('--zone <name>', 'zone the client is in')
    .option('--sub-zone <name>', 'sub-zone the client is in')
    .option('--tls', 'connect with TLS; any of the following says so too')
    .option('--tls-ca <file>', "authorities of the control plane's certificate, PEM (default: those of the system)")
    .option('--tls-cert <file>', "the client's own certificate, PEM, where the control plane asks for one")
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--kubernetes', "for a pod: print YAML to paste into the client's manifest")
    .option('--envoy', 'for an Envoy that is one of the gateways of the configuration')
    .option('--gateway <name>', 'which gateway it is, with --envoy')
    .option('--admin-port <n>', "port of Envoy's own admin server, with --envoy (default: 9901)")
    .option('--admin-host <ip>', 'address of that server (default: 127.0.0.1)')
    .option('--delta', 'incremental xDS instead of state of the world, with --envoy')
    .option('--resource-errors', 'the client reads why it does not get a resource (gRFC A88); not with --envoy')
    .option('--load-reports', 'report what became of its calls, with --envoy (gRPC clients need no option)')
    .addHelpText(
      'after',
      `
Examples:
  evenkeel bootstrap --server xds-srv:18000 > bootstrap.json
  GRPC_XDS_BOOTSTRAP=bootstrap.json my-client xds:///be1-srv

  evenkeel bootstrap --server xds-srv:18443 --tls-ca ca.crt --tls-cert tls.crt --tls-key tls.key > bootstrap.json

  evenkeel bootstrap --kubernetes --server dns:///evenkeel-xds.evenkeel:18000

  evenkeel bootstrap --envoy --gateway edge --server xds-srv:18000 > envoy.json
  envoy -c envoy.json`,
    )
    .action(async ({ kubernetes, tls, tlsCa, tlsCert, tlsKey, ...rest }: CommandFlags) => {
      const options = { ...rest, tls: clientTlsOf({ tls, tlsCa, tlsCert, tlsKey }) };
      if (kubernetes === true) {
        if (options.envoy === true) {
          throw new EvenkeelError('EK_USAGE', '--kubernetes and --envoy exclude each other', {
            field: '--kubernetes',
            hint: 'An Envoy takes a file: mount what --envoy prints.',
          });
        }
        const { kubernetesBootstrap } = await import('../bootstrap/kubernetes-bootstrap.ts');
        console.log(kubernetesBootstrap(withoutEnvoyFlags(options)));
        return;
      }
      console.log(JSON.stringify(bootstrapOf(options), undefined, 2));
    });
}

function bootstrapOf(options: BootstrapOptions & EnvoyFlags): object {
  if (options.envoy !== true) return clientBootstrap(withoutEnvoyFlags(options));
  const { gateway, adminHost, adminPort, delta, loadReports, ...client } = options;
  if (gateway === undefined) {
    throw new EvenkeelError('EK_USAGE', '--envoy needs the name of a gateway', {
      field: '--gateway',
      hint: "Name one of the gateways of the control plane's configuration, for example --gateway edge.",
    });
  }
  if (client.resourceErrors === true) {
    throw new EvenkeelError('EK_USAGE', '--resource-errors is for a gRPC client only', {
      field: '--resource-errors',
      hint: 'Leave it out: Envoy does not read them.',
    });
  }
  const port = adminPort === undefined ? undefined : Number(adminPort);
  if (port !== undefined && !(/^\d{1,5}$/.test(adminPort!) && port >= 1 && port <= 65_535)) {
    throw new EvenkeelError('EK_USAGE', `"${adminPort}" is not a port`, { field: '--admin-port' });
  }
  if (adminHost !== undefined && isIP(adminHost) === 0) {
    throw new EvenkeelError('EK_USAGE', `"${adminHost}" is not an IP address`, { field: '--admin-host' });
  }
  return envoyBootstrap({ ...client, gateway, adminHost, adminPort: port, delta, loadReports });
}

/** @throws EvenkeelError `EK_USAGE` if one of them is given */
function withoutEnvoyFlags(options: BootstrapOptions & EnvoyFlags): BootstrapOptions {
  const { envoy: _envoy, gateway, adminHost, adminPort, delta, loadReports, ...client } = options;
  const given = Object.entries({ gateway, adminHost, adminPort, delta, loadReports }).find(
    ([, value]) => value !== undefined,
  );
  if (given === undefined) return client;
  const flag = `--${given[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new EvenkeelError('EK_USAGE', `${flag} is for an Envoy only`, { field: flag, hint: 'Add --envoy.' });
}
