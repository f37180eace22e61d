import { EvenkeelError } from '../../base/errors.ts';

let registered = false;

/**
 * Makes `xds:` targets known to grpc-js, once. Loading the library takes about 200 ms, so only who needs it does.
 *
 * @throws EvenkeelError `EK_USAGE` when there is no bootstrap: without one every call would fail, each with a riddle
 */
export async function registerXds(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (!env.GRPC_XDS_BOOTSTRAP && !env.GRPC_XDS_BOOTSTRAP_CONFIG) {
    throw new EvenkeelError('EK_USAGE', 'an xds:/// target needs a bootstrap, and none is set', {
      field: 'GRPC_XDS_BOOTSTRAP',
      hint: 'Write one with "evenkeel bootstrap" and set GRPC_XDS_BOOTSTRAP to its path, or GRPC_XDS_BOOTSTRAP_CONFIG to its text.',
    });
  }
  if (registered) return;
  const { register } = await import('@grpc/grpc-js-xds');
  register();
  registered = true;
}
