import { startHttpServer } from '../http/server.ts';
import { createPod } from '../pod/pod.ts';
import { type RunningWorkload, runWorkload } from '../pod/running.ts';
import { nameOf } from './name.ts';
import type { HelloHttpSettings } from './options.ts';

/** The HTTP backend of system A. */
export function startHelloHttp(settings: HelloHttpSettings): Promise<RunningWorkload> {
  const pod = createPod('hellohttp', settings);
  return runWorkload(pod, settings, {
    http: () =>
      startHttpServer(pod, settings, {
        '/hellohttp': (request) => ({ hostname: pod.name, name: nameOf(request), version: settings.appVersion }),
      }),
  });
}
