import { patchOf, type Variant } from './variants.ts';

/**
 * A pod template's part of a strategic merge patch: the variant's settings, and the version that a rollout then changes.
 *
 * The kubelet's own sleep is used for preStop (`lifecycle.preStop.sleep`, Kubernetes 1.30): the image has no shell. It
 * counts whole seconds.
 */
export function templateOf(variant: Variant): object {
  const { env = {}, preStopMs } = patchOf(variant);
  return {
    metadata: { annotations: { 'evenkeel.dev/version': variant.name } },
    spec: {
      containers: [
        {
          name: 'main',
          env: Object.entries(env).map(([name, value]) => ({ name, value })),
          lifecycle: preStopMs === undefined ? null : { preStop: { sleep: { seconds: Math.ceil(preStopMs / 1000) } } },
        },
      ],
    },
  };
}
