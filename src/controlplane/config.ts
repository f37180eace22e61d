import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseDocumentText, readText } from '../base/document.ts';
import { EvenkeelError } from '../base/errors.ts';
import { isLoopback, type ListenAddress, parseListenAddress } from '../base/listen-address.ts';
import { type DnsServer, parseDnsServer } from '../discovery/dns/dns-server.ts';
import type { Gateway } from '../translate/gateway.ts';
import { gatewayOf } from './config-gateways.ts';
import { isSvcConfig, svcConfigSchema } from './config-import.ts';
import { type ConfigFile, configSchema } from './config-schema.ts';
import type { ServiceConfig } from './config-services.ts';
import { configFileEnv, flagKey, parseValue, type Setting, settings } from './config-settings.ts';
import type { TlsConfig } from './config-tls.ts';
import type { TlsSettings } from './tls-entrance.ts';

/** What `evenkeel serve` runs with. */
export interface Config {
  readonly xds: {
    /** Where there is no TLS; undefined: nowhere. */
    readonly listen?: ListenAddress | undefined;
    /** Undefined: there is no TLS. */
    readonly tls?: TlsSettings | undefined;
    readonly plaintext: ConfigFile['xds']['plaintext'];
    readonly maxConnectionAgeMs: number;
    readonly maxConnections: number;
    /** Undefined: by the memory of the process. */
    readonly memoryBytes?: number | undefined;
    /** Who may ask for the state of every client on the xDS port. */
    readonly clientStatus: ConfigFile['xds']['clientStatus'];
    readonly replicas: ConfigFile['xds']['replicas'];
  };
  readonly admin: { readonly listen: ListenAddress; readonly debug: ConfigFile['admin']['debug'] };
  readonly discovery: {
    readonly file: { readonly path?: string | undefined };
    readonly kubernetes: ConfigFile['discovery']['kubernetes'] & { readonly enabled: boolean };
    readonly dns: Omit<ConfigFile['discovery']['dns'], 'servers'> & {
      /** Absent: those of /etc/resolv.conf. */
      readonly servers?: readonly DnsServer[] | undefined;
    };
  };
  readonly health: ConfigFile['health'];
  readonly load: ConfigFile['load'];
  readonly services: readonly ServiceConfig[];
  readonly gateways: readonly Gateway[];
}

/** Values of command-line flags by `flagKey`, as commander gives them. */
export type ConfigFlags = Readonly<Record<string, string | undefined>>;

/**
 * Reads the file that `--config` or `EVENKEEL_CONFIG` names, if any, and puts everything together.
 *
 * @throws EvenkeelError as {@link parseConfig} and {@link resolveConfig}
 */
export async function loadConfig(flags: ConfigFlags, env: NodeJS.ProcessEnv): Promise<Config> {
  const path = flags.config ?? nonEmpty(env[configFileEnv]);
  const file = path === undefined ? undefined : parseConfig(await readText(path), path);
  return resolveConfig({ flags, env, file });
}

/**
 * Checks the text of an `evenkeel.yaml` or of a `svc_config.json`, which is told by its shape.
 *
 * @param path - names the file in errors; relative paths in the file are relative to it
 * @throws EvenkeelError `EK_FILE_SYNTAX`, `EK_CONFIG_INVALID` or `EK_DUPLICATE_SERVICE`, with line, column and field
 */
export function parseConfig(text: string, path: string): ConfigFile {
  const data = parseDocumentText(text, z.unknown(), path);
  if (isSvcConfig(data)) return parseDocumentText(text, svcConfigSchema, path);
  const config = parseDocumentText(text, configSchema, path);
  const here = (file: string | undefined): string | undefined => file && resolve(dirname(path), file);
  const { tls } = config.xds;
  return {
    ...config,
    xds: { ...config.xds, tls: { ...tls, cert: here(tls.cert), key: here(tls.key), ca: here(tls.ca) } },
    discovery: {
      ...config.discovery,
      file: { path: here(config.discovery.file.path) },
      kubernetes: { ...config.discovery.kubernetes, kubeconfig: here(config.discovery.kubernetes.kubeconfig) },
    },
  };
}

/**
 * Flag before environment before file before default. An empty environment variable counts as unset.
 *
 * @throws EvenkeelError `EK_USAGE`, naming the flag or variable
 */
export function resolveConfig({
  flags = {},
  env = {},
  file,
}: {
  readonly flags?: ConfigFlags;
  readonly env?: NodeJS.ProcessEnv;
  readonly file?: ConfigFile | undefined;
}): Config {
  let data: unknown = file ?? { apiVersion: 'evenkeel.dev/v1', kind: 'Config' };
  const overridden = new Map<string, string>();
  for (const setting of settings) {
    const told = toldFor(setting, flags, env);
    if (told === undefined) continue;
    overridden.set(setting.field, told.by);
    data = withValue(data, setting.field.split('.'), parseValue(setting, told.text));
  }
  const checked = configSchema.safeParse(data);
  if (checked.success) {
    refuseIdleKubernetesSettings(checked.data, overridden);
    return withAddresses(checked.data, overridden);
  }
  const issue = checked.error.issues[0]!;
  const field = settings.find((setting) => issue.path.join('.').startsWith(setting.field))?.field ?? '';
  // The file was checked before, so a value from outside is wrong, or two that do not go together.
  throw new EvenkeelError('EK_USAGE', issue.message, { field: overridden.get(field) ?? [...overridden.values()][0] });
}

function toldFor(
  setting: Setting,
  flags: ConfigFlags,
  env: NodeJS.ProcessEnv,
): { text: string; by: string } | undefined {
  const flag = flags[flagKey(setting)];
  if (flag !== undefined) return { text: flag, by: setting.flag };
  const variable = nonEmpty(env[setting.env]);
  return variable === undefined ? undefined : { text: variable, by: setting.env };
}

/**
 * Which namespaces are served matters to whoever says so; without discovery by Kubernetes it would be passed over in silence.
 * Switched off in so many words, the rest may stay where it is.
 *
 * @throws EvenkeelError `EK_USAGE`, naming the flag, the variable or the field of the file
 */
function refuseIdleKubernetesSettings({ discovery }: ConfigFile, overridden: ReadonlyMap<string, string>): void {
  const { enabled, ...rest } = discovery.kubernetes;
  if (enabled !== undefined) return;
  const said = Object.entries(rest).filter(([, value]) => value !== undefined);
  const idle = said.map(([key]) => `discovery.kubernetes.${key}`);
  const field = idle.find((one) => overridden.has(one)) ?? idle[0];
  if (field === undefined) return;
  const by = overridden.get(field);
  throw new EvenkeelError('EK_USAGE', 'has no effect, since Services are not taken from Kubernetes', {
    field: by ?? field,
    hint: by === undefined ? 'Say discovery.kubernetes.enabled as well.' : `Add --kubernetes, or leave ${by} out.`,
  });
}

function withAddresses(
  { xds, admin, discovery, health, load, services, gateways }: ConfigFile,
  overridden: ReadonlyMap<string, string>,
): Config {
  const { servers, ...dns } = discovery.dns;
  return {
    xds: {
      plaintext: xds.plaintext,
      maxConnectionAgeMs: xds.maxConnectionAgeMs,
      maxConnections: xds.maxConnections,
      memoryBytes: xds.memoryBytes,
      clientStatus: xds.clientStatus,
      replicas: xds.replicas,
      ...listenersOf(xds, overridden),
    },
    admin: { listen: parseListenAddress(admin.listen, 'admin.listen'), debug: admin.debug },
    discovery: {
      file: discovery.file,
      kubernetes: { ...discovery.kubernetes, enabled: discovery.kubernetes.enabled ?? false },
      dns: { ...dns, servers: servers?.map(parseDnsServer) },
    },
    health,
    load,
    services,
    gateways: gateways.map(gatewayOf),
  };
}

/**
 * Where xDS is served: without TLS only where strangers cannot listen in, unless that was asked for.
 *
 * @throws EvenkeelError `EK_PLAINTEXT`, `EK_RULES_VOID`, or `EK_USAGE` where nothing would be served
 */
function listenersOf(
  { listen, plaintext, tls }: ConfigFile['xds'],
  overridden: ReadonlyMap<string, string>,
): Pick<Config['xds'], 'listen' | 'tls'> {
  const secure = tlsSettingsOf(tls);
  if (plaintext === 'none') {
    if (secure !== undefined) return { tls: secure };
    const field = overridden.get('xds.plaintext') ?? 'xds.plaintext';
    const hint = 'Give a certificate and its key with --tls-cert and --tls-key, or serve without TLS.';
    throw new EvenkeelError('EK_USAGE', 'xDS would be served nowhere: neither without TLS nor with it', {
      field,
      hint,
    });
  }
  const address = parseListenAddress(listen, 'xds.listen');
  if (plaintext === 'loopback' && !isLoopback(address.host)) {
    throw new EvenkeelError('EK_PLAINTEXT', `${listen} is not loopback, and xDS has no TLS there`, {
      field: overridden.get('xds.listen') ?? 'xds.listen',
    });
  }
  if (secure?.clients !== undefined && !isLoopback(address.host)) {
    const message = `the rules of xds.tls.clients are void: ${listen} shows everything to everybody without TLS`;
    throw new EvenkeelError('EK_RULES_VOID', message, { field: overridden.get('xds.plaintext') ?? 'xds.plaintext' });
  }
  return { listen: address, tls: secure };
}

function tlsSettingsOf({ listen, cert, key, ca, clients }: TlsConfig): TlsSettings | undefined {
  if (cert === undefined || key === undefined) return undefined;
  return { listen: parseListenAddress(listen, 'xds.tls.listen'), cert, key, ca, clients };
}

/** A copy in which the value on the path is another. */
function withValue(data: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const object = (data ?? {}) as Record<string, unknown>;
  return { ...object, [key]: withValue(object[key], rest, value) };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
