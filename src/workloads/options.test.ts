import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenkeelError } from '../base/errors.ts';
import { choice, envOf, flagOf, integer, list, settle, share, text, toggle } from './options.ts';

const options = {
  drainMs: integer({ description: '', fallback: 3000 }),
  rate: share({ description: '', fallback: 0 }),
  names: list({ description: '', fallback: ['a'] }),
  policy: choice(['one', 'two'], { description: '', fallback: 'one' }),
  keepAlive: toggle({ description: '', fallback: false }),
  host: text({ description: '', fallback: (env) => env.POD_IP || '127.0.0.1' }),
  type: text({ description: '', env: 'SERVICE_TYPE', fallback: 'A' }),
};

test('flag before environment before default', () => {
  const env = { EVENKEEL_DRAIN_MS: '5', EVENKEEL_KEEP_ALIVE: 'true', SERVICE_TYPE: 'B', POD_IP: '127.1.2.3' };
  assert.deepEqual(settle(options, { drainMs: '7', names: 'x, y' }, env), {
    drainMs: 7,
    rate: 0,
    names: ['x', 'y'],
    policy: 'one',
    keepAlive: true,
    host: '127.1.2.3',
    type: 'B',
  });
});

test('a switch is on when its flag is there', () => {
  assert.equal(settle(options, { keepAlive: true }, {}).keepAlive, true);
});

test('an empty environment variable counts as unset', () => {
  const settled = settle(options, {}, { EVENKEEL_DRAIN_MS: '', POD_IP: '' });
  assert.equal(settled.drainMs, 3000);
  assert.equal(settled.host, '127.0.0.1');
});

test('what Kubernetes sets for a Service of the same name counts as unset', () => {
  assert.equal(settle(options, {}, { EVENKEEL_DRAIN_MS: 'tcp://10.96.0.1:18000' }).drainMs, 3000);
});

for (const [given, env, field] of [
  [{ drainMs: '-1' }, {}, '--drain-ms'],
  [{ drainMs: '1.5' }, {}, '--drain-ms'],
  [{ drainMs: '2147483648' }, {}, '--drain-ms'],
  [{}, { EVENKEEL_DRAIN_MS: 'soon' }, 'EVENKEEL_DRAIN_MS'],
  [{ rate: '1.1' }, {}, '--rate'],
  [{ rate: '' }, {}, '--rate'],
  [{ names: 'a,,b' }, {}, '--names'],
  [{ policy: 'three' }, {}, '--policy'],
  [{}, { EVENKEEL_KEEP_ALIVE: 'yes' }, 'EVENKEEL_KEEP_ALIVE'],
] as const) {
  test(`what is wrong names its place: ${JSON.stringify({ ...given, ...env })}`, () => {
    assert.throws(
      () => settle(options, given, env),
      (error: unknown) => error instanceof EvenkeelError && error.code === 'EK_USAGE' && error.location.field === field,
    );
  });
}

test('names of flags and variables', () => {
  assert.equal(flagOf('maxConnectionAgeMs'), '--max-connection-age-ms');
  assert.equal(envOf('maxConnectionAgeMs', options.drainMs), 'EVENKEEL_MAX_CONNECTION_AGE_MS');
  assert.equal(envOf('type', options.type), 'SERVICE_TYPE');
});
