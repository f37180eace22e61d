import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  ResourceSchema,
} from '@evenkeel/xds/gen/envoy/service/discovery/v3/discovery_pb';
import { typeUrlOf } from '../resources.ts';
import type { Served } from './served.ts';
import { ServedStream, type Subscription } from './served-stream.ts';

/** Incremental, as small as it can be. */
export class DeltaStream extends ServedStream {
  protected override receive(bytes: Buffer): void {
    const request = fromBinary(DeltaDiscoveryRequestSchema, bytes);
    const { typeUrl, responseNonce, errorDetail, node } = request;
    const isFirst = !this.types.has(typeUrl);
    const subscription = this.subscriptionOf(typeUrl, node?.id);
    const isStale = responseNonce !== '' && responseNonce !== subscription.nonce;
    if (isStale && this.has('stale-nonce-refused')) return;
    if (isFirst) this.#takeVersions(subscription, request.initialResourceVersions);
    const wanted = this.#subscribe(subscription, request, isFirst);
    const isAnswered = this.acknowledge(subscription, responseNonce, errorDetail !== undefined);
    this.#send(subscription, isAnswered ? [...subscription.sent.keys()] : wanted, isFirst && subscription.isWildcard);
  }

  protected override update(subscription: Subscription): void {
    this.#send(subscription, [], false);
  }

  protected override encode(
    subscription: Subscription,
    resources: readonly Served[],
    removedResources: readonly string[],
  ): Uint8Array {
    const { typeUrl, nonce } = subscription;
    const response = create(DeltaDiscoveryResponseSchema, {
      ...{ typeUrl, nonce, systemVersionInfo: String(this.served(subscription).version) },
      resources: resources.map((one) =>
        create(ResourceSchema, {
          ...{ name: one.name, version: this.#versionOf(one) },
          resource: create(AnySchema, { typeUrl, value: one.value }),
        }),
      ),
      removedResources: [...removedResources],
    });
    return toBinary(DeltaDiscoveryResponseSchema, response);
  }

  /** @param wanted - names that are answered also where the client has what there is */
  #send(subscription: Subscription, wanted: readonly string[], isAlways: boolean): void {
    const { sent } = subscription;
    const visible = this.visible(subscription);
    const isVisible = (name: string): boolean => visible.some((one) => one.name === name);
    const gone = [...sent]
      .filter(([name, version]) => version !== 0 && this.counts(subscription, name) && !isVisible(name))
      .map(([name]) => name);
    const missing = wanted.filter((name) => !isVisible(name));
    for (const name of gone) sent.delete(name);
    if (this.has('deleted-forgotten')) for (const name of gone) subscription.forgotten.add(name);
    for (const name of missing) sent.set(name, 0);
    const changed = visible.filter(({ name, version }) => sent.get(name) !== version || wanted.includes(name));
    const removed = [
      ...(this.has('deletions-unsent') ? [] : gone),
      ...(this.has('missing-unanswered') ? [] : missing.filter((name) => !gone.includes(name))),
    ];
    const isForOthers = this.isSentForOthers(subscription);
    if (changed.length + removed.length === 0 && !isAlways && !isForOthers) return;
    const isAll = isForOthers || (this.has('all-again') && changed.length > 0);
    this.send(subscription, isAll ? visible : changed, removed);
  }

  /** Changes the subscription; names that have to be answered. */
  #subscribe(subscription: Subscription, request: DeltaDiscoveryRequest, isFirst: boolean): string[] {
    const { resourceNamesSubscribe: subscribe, resourceNamesUnsubscribe: unsubscribe } = request;
    const { names, sent } = subscription;
    const wanted: string[] = [];
    const isStar = (name: string): boolean => name === '*' && !this.has('star-is-a-name');
    if (isFirst && subscribe.length === 0 && this.isRoot(subscription) && !this.has('no-legacy-wildcard')) {
      subscription.isWildcard = true;
    }
    if (this.has('name-ends-wildcard') && !subscription.hasNamed && subscribe.length > 0)
      subscription.isWildcard = false;
    subscription.hasNamed ||= subscribe.length > 0;
    for (const name of subscribe) {
      if (isStar(name)) {
        subscription.isWildcard = true;
        continue;
      }
      if (this.has('missing-forgotten') && !this.served(subscription).resources.has(name)) {
        subscription.forgotten.add(name);
      }
      const version = this.served(subscription).resources.get(name)?.version;
      const isKnown = isFirst && version !== undefined && sent.get(name) === version;
      if (names.has(name) ? !this.has('known-not-resent') : !isKnown && !this.has('sent-forever')) wanted.push(name);
      names.add(name);
      if (this.has('added-unsent') && !isFirst && request.typeUrl !== typeUrlOf.SDS) {
        wanted.pop();
        sent.set(name, version ?? 0);
      }
    }
    for (const name of unsubscribe) this.#unsubscribe(subscription, name, wanted);
    if (this.has('empty-is-wildcard') && names.size === 0 && this.isRoot(subscription)) subscription.isWildcard = true;
    return wanted;
  }

  #unsubscribe(subscription: Subscription, name: string, wanted: string[]): void {
    const { names, sent } = subscription;
    if (name === '*') {
      if (this.has('wildcard-forever')) return;
      subscription.isWildcard = false;
      for (const one of sent.keys()) if (!names.has(one)) sent.delete(one);
      return;
    }
    if (this.has('unsubscribe-ignored')) return;
    if (!names.delete(name)) {
      if (this.has('phantom-ends-stream')) this.end();
    } else if (!subscription.isWildcard) {
      if (!this.has('sent-forever')) sent.delete(name);
    } else if (!this.has('given-up-unanswered')) wanted.push(name);
  }

  #takeVersions(subscription: Subscription, versions: Readonly<Record<string, string>>): void {
    if (this.has('initial-versions-ignored')) return;
    for (const [name, version] of Object.entries(versions)) {
      const current = this.served(subscription).resources.get(name);
      if (current === undefined && this.has('gone-unnamed')) continue;
      const isSame = current !== undefined && (version === this.#versionOf(current) || this.has('client-believed'));
      subscription.sent.set(name, isSame ? current.version : -1);
    }
  }

  #versionOf({ version }: Served): string {
    return this.has('resource-version-kept') ? 'v' : String(version);
  }
}
