#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EvenkeelError, formatError, toEvenkeelError } from '../base/errors.ts';
import { openPortForwards } from '../live/port-forwards.ts';

/** Commands that ask the admin servers of control planes. */
const asking = ['status', 'explain', 'doctor', 'top', 'edges'];

const usage = `Usage: kubectl evenkeel [--context NAME] [-n NAMESPACE] COMMAND [...]

Runs evenkeel COMMAND against every replica in a cluster, each through a
kubectl port-forward of its own that ends with it. Without -n all namespaces
are looked at for replicas. COMMAND: ${asking.join(', ')}.

Examples:
  kubectl evenkeel status
  kubectl evenkeel explain xds:///orders.shop --from web-7c9d8b6f5-xk2lp
  kubectl evenkeel --context staging -n evenkeel top`;

/** Splits what is for kubectl from what is for evenkeel. */
function split(args: readonly string[]): { readonly flags: readonly string[]; readonly rest: readonly string[] } {
  let at = 0;
  while (args[at]?.startsWith('-') === true) {
    const takesValue = /^(?:-n|--namespace|--context|--kubeconfig|--cluster|--user)$/.test(args[at]!);
    const isKnown = takesValue || /^--(?:namespace|context|kubeconfig|cluster|user)=/.test(args[at]!);
    if (!isKnown) break;
    at += takesValue ? 2 : 1;
  }
  return { flags: args.slice(0, at), rest: args.slice(at) };
}

async function run(args: readonly string[]): Promise<number> {
  const { flags, rest } = split(args);
  const [command = '--help'] = rest;
  if (command === '--help' || command === '-h') {
    console.log(usage);
    return 0;
  }
  if (!asking.includes(command)) {
    throw new EvenkeelError('EK_USAGE', `"${command}" is not a command of kubectl evenkeel`, {
      hint: `Use one of ${asking.join(', ')}; kubectl evenkeel --help has examples.`,
    });
  }
  const forwards = rest.includes('--help') ? undefined : await openPortForwards(flags);
  try {
    const admins = (forwards?.admins ?? []).flatMap((admin) => ['--admin', admin]);
    const source = fileURLToPath(new URL('./main.ts', import.meta.url));
    const main = existsSync(source) ? source : fileURLToPath(new URL('./main.js', import.meta.url));
    const child = spawn(process.execPath, [main, ...rest, ...admins], { stdio: 'inherit' });
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? 3;
  } finally {
    forwards?.close();
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (thrown) {
  const error = toEvenkeelError(thrown);
  console.error(formatError(error));
  process.exitCode = error.exitCode;
}
