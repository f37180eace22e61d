import { EvenkeelError } from '../../base/errors.ts';
import type { RawProofOptions } from '../../probe/index.ts';
import type { ImageChoice } from './pod-template.ts';

/** As commander hands options over; every one may be absent. */
export interface RawProveOptions extends RawProofOptions {
  readonly context?: string | undefined;
  readonly namespacePrefix?: string | undefined;
  readonly image?: string | undefined;
  readonly imagePullPolicy?: string | undefined;
  readonly envoyImage?: string | undefined;
  /** Of experiments: an image that has the grpc-go client. */
  readonly goClientImage?: string | undefined;
  readonly controlPlane?: string | undefined;
  readonly clusterDomain?: string | undefined;
  readonly keep?: boolean | undefined;
}

/** Where and of what a proof is made; what it measures stands in `ProofOptions`. */
export interface ProveOptions {
  readonly context: string | undefined;
  readonly namespacePrefix: string | undefined;
  readonly image: ImageChoice;
  readonly envoyImage: string | undefined;
  readonly controlPlane: string | undefined;
  readonly clusterDomain: string;
  readonly keep: boolean;
}

const defaultImage = 'evenkeel:dev';

const pullPolicies = ['Always', 'IfNotPresent', 'Never'] as const;

/**
 * Checks what was given and fills in the defaults; pure.
 *
 * @throws EvenkeelError `EK_USAGE`, naming the flag
 */
export function parseProveOptions(raw: RawProveOptions): ProveOptions {
  const pullPolicy = raw.imagePullPolicy ?? 'IfNotPresent';
  if (!isPullPolicy(pullPolicy)) {
    throw new EvenkeelError('EK_USAGE', `"${pullPolicy}" is no pull policy`, {
      field: '--image-pull-policy',
      hint: `Write one of ${pullPolicies.join(', ')}.`,
    });
  }
  const { controlPlane } = raw;
  if (controlPlane !== undefined && !/^(?:\[[0-9a-fA-F:.]+\]|[^\s:/]+):\d{1,5}$/.test(controlPlane)) {
    throw new EvenkeelError('EK_USAGE', `"${controlPlane}" is not the address of a control plane`, {
      field: '--control-plane',
      hint: 'Write HOST:PORT as a pod sees it, for example --control-plane evenkeel-xds.evenkeel:18000.',
    });
  }
  return {
    context: raw.context,
    namespacePrefix: raw.namespacePrefix,
    image: { image: raw.image ?? defaultImage, pullPolicy },
    envoyImage: raw.envoyImage,
    controlPlane,
    clusterDomain: raw.clusterDomain ?? 'cluster.local',
    keep: raw.keep === true,
  };
}

function isPullPolicy(text: string): text is (typeof pullPolicies)[number] {
  return (pullPolicies as readonly string[]).includes(text);
}
