import type { Command } from 'commander';

/** Adds the flags that say where in a cluster, and of which images, something is measured. */
export function addClusterOptions(command: Command, namespacePrefix: string): Command {
  return command
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--namespace-prefix <text>', `how the name of the namespace begins (default: ${namespacePrefix})`)
    .option('--image <image>', 'image of evenkeel that every pod is made of (default: evenkeel:dev)')
    .option('--image-pull-policy <policy>', 'Always, IfNotPresent or Never (default: IfNotPresent)')
    .option('--envoy-image <image>', 'image of Envoy for the scheme l7-envoy, which is skipped without one')
    .option('--control-plane <host:port>', 'an installed evenkeel for the scheme xds (default: deploys its own)')
    .option('--cluster-domain <name>', "the cluster's DNS domain (default: cluster.local)");
}
