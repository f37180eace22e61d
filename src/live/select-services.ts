import { EvenkeelError } from '../base/errors.ts';
import type { LoadView } from '../load/load-view.ts';

const pattern = /^(?:([a-z0-9][-a-z0-9]{0,62})\/)?([a-z0-9][-a-z0-9]{0,62})(?::(\d{1,5}))?$/;

/**
 * A view with these Services alone; without any, all of it.
 *
 * @param wanted - `[NAMESPACE/]NAME[:PORT]`
 * @throws EvenkeelError `EK_USAGE` for what is no such name
 */
export function selectServices(view: LoadView, wanted: readonly string[]): LoadView {
  if (wanted.length === 0) return view;
  const parsed = wanted.map((text) => {
    const match = pattern.exec(text);
    if (match !== null) return match;
    throw new EvenkeelError('EK_USAGE', `"${text}" is not the name of a Service`, {
      field: '--service',
      hint: 'Write NAMESPACE/NAME or NAMESPACE/NAME:PORT, for example shop/orders.',
    });
  });
  return {
    ...view,
    services: view.services.filter((service) =>
      parsed.some(
        ([, namespace = service.namespace, name, port = String(service.port)]) =>
          namespace === service.namespace && name === service.name && port === String(service.port),
      ),
    ),
  };
}
