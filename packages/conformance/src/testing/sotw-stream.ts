import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import {
  type DiscoveryRequest,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from '@evenkeel/xds/gen/envoy/service/discovery/v3/discovery_pb';
import { typeUrlOf } from '../resources.ts';
import type { Served } from './served.ts';
import { ServedStream, type Subscription } from './served-stream.ts';

/** State of the world, as small as it can be. */
export class SotwStream extends ServedStream {
  protected override receive(bytes: Buffer): void {
    const request = fromBinary(DiscoveryRequestSchema, bytes);
    const { typeUrl, responseNonce, errorDetail, node, versionInfo } = request;
    const isFirst = !this.types.has(typeUrl);
    const subscription = this.subscriptionOf(typeUrl, node?.id);
    if (!isFirst && responseNonce !== subscription.nonce && !this.has('stale-nonce-taken')) return;
    const isAgain = !isFirst && responseNonce === subscription.answered;
    const isHeard = isFirst || isAgain || !this.has('ack-names-ignored');
    const hasChanged = isHeard && this.#subscribe(subscription, request, isFirst);
    const visible = this.visible(subscription);
    if (isFirst && versionInfo !== '') this.#believe(subscription, visible, versionInfo);
    const isAnswered = this.acknowledge(subscription, responseNonce, errorDetail !== undefined);
    const isSame = this.has('same-names-answered') && isAgain && !hasChanged;
    if (isAnswered || isSame) this.send(subscription, visible, []);
    else if (isFirst && this.isRoot(subscription)) this.send(subscription, visible, []);
    else if (hasChanged && this.has('added-unsent') && !isFirst && typeUrl !== typeUrlOf.SDS) {
      for (const { name, version } of visible) subscription.sent.set(name, version);
    } else this.update(subscription);
  }

  protected override update(subscription: Subscription): void {
    const { sent } = subscription;
    const visible = this.visible(subscription);
    const gone = [...sent.keys()].filter(
      (name) => this.counts(subscription, name) && !visible.some((one) => one.name === name),
    );
    const changed = visible.filter(({ name, version }) => sent.get(name) !== version);
    if (this.has('deleted-forgotten')) for (const name of gone) subscription.forgotten.add(name);
    for (const name of gone) sent.delete(name);
    const isRoot = this.isRoot(subscription);
    const isShrunk = isRoot && gone.length > 0 && !this.has('deletions-unsent');
    if (changed.length === 0 && !isShrunk && !this.isSentForOthers(subscription)) return;
    this.send(subscription, isRoot && !this.has('partial-state') ? visible : changed, []);
  }

  protected override encode(subscription: Subscription, resources: readonly Served[]): Uint8Array {
    const { typeUrl, nonce } = subscription;
    const { version, resources: all } = this.served(subscription);
    const isAll = this.has('all-routes') && typeUrl === typeUrlOf.RDS;
    const response = create(DiscoveryResponseSchema, {
      ...{ typeUrl, nonce, versionInfo: this.has('version-kept') ? 'v' : String(version) },
      resources: (isAll ? [...all.values()] : resources).map(({ value }) => create(AnySchema, { typeUrl, value })),
    });
    return toBinary(DiscoveryResponseSchema, response);
  }

  #subscribe(subscription: Subscription, { resourceNames }: DiscoveryRequest, isFirst: boolean): boolean {
    const { names, sent, isWildcard: wasWildcard, hasNamed } = subscription;
    const asked = new Set(resourceNames.filter((name) => name !== '*' || this.has('star-is-a-name')));
    if (this.has('unsubscribe-ignored')) for (const name of names) asked.add(name);
    const isStar = resourceNames.includes('*') && !this.has('star-is-a-name');
    const isLegacy = resourceNames.length === 0 && !hasNamed && this.isRoot(subscription);
    subscription.isWildcard =
      isStar ||
      (isLegacy && !this.has('no-legacy-wildcard')) ||
      (wasWildcard && this.has('wildcard-forever')) ||
      (resourceNames.length === 0 && this.has('empty-is-wildcard') && this.isRoot(subscription));
    if (this.has('name-ends-wildcard') && wasWildcard && !hasNamed && asked.size > 0) subscription.isWildcard = false;
    subscription.hasNamed ||= resourceNames.length > 0;
    subscription.names = asked;
    for (const name of names)
      if (!asked.has(name) && !subscription.isWildcard && !this.has('sent-forever')) sent.delete(name);
    if (this.has('missing-forgotten') && isFirst) {
      for (const name of asked) if (!this.served(subscription).resources.has(name)) subscription.forgotten.add(name);
    }
    return (
      asked.size !== names.size ||
      [...asked].some((name) => !names.has(name)) ||
      wasWildcard !== subscription.isWildcard
    );
  }

  /** A server may leave out what a client has; a version alone does not say what that is. */
  #believe(subscription: Subscription, visible: readonly Served[], version: string): void {
    const isNewest = version === String(this.served(subscription).version);
    if (!(this.has('client-believed') || (this.has('version-believed') && isNewest))) return;
    for (const { name, version: own } of visible) subscription.sent.set(name, own);
  }
}
