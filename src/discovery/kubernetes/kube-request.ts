/** Everything that one request to the API server needs, as `node:http` and `node:https` take it. */
export interface KubeRequestOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: Buffer | string | undefined;
  readonly cert?: Buffer | string | undefined;
  readonly key?: Buffer | string | undefined;
  readonly pfx?: Buffer | string | undefined;
  readonly passphrase?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly auth?: string | undefined;
}

/** How the API server is reached, and as whom. */
export interface KubeAccess {
  /** `https://HOST:PORT`, perhaps with a path. */
  readonly server: string;
  /** Where this was found, for people: `in-cluster`, or the kubeconfig and its context. */
  readonly origin: string;
  /** What stands in between; absent: nothing. */
  readonly proxy?: URL | undefined;
  /** Asked for again before every request: tokens and certificates are renewed while we run. */
  requestOptions(): Promise<KubeRequestOptions>;
  /** The server did not accept the credentials; those that were kept from before are not given again. */
  refused?(): void;
}
