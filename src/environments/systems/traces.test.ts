import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traced, tracesEnvironment } from './traces.ts';

test('without a wish there is nothing', () => {
  assert.deepEqual(tracesEnvironment(undefined, { OTEL_TRACES_SAMPLER: 'always_on' }), {});
  assert.deepEqual(
    tracesEnvironment(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }),
    {},
  );
  const spec = { name: 'a', template: { args: [] } };
  assert.equal(traced(spec, {}), spec);
});

test("--traces names a store, and the person's own variables go with it", () => {
  const env = {
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_SERVICE_NAME: 'mine',
    OTEL_TRACES_EXPORTER: 'none',
  };
  assert.deepEqual(tracesEnvironment('http://127.0.0.1:9411/api/v2/spans', env), {
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_EXPORTER: 'zipkin',
    OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://127.0.0.1:9411/api/v2/spans',
  });
  assert.deepEqual(tracesEnvironment('http://127.0.0.1:4318', {}), {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
  });
});

test('the variables alone are enough', () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', PATH: '/bin' };
  assert.deepEqual(tracesEnvironment(undefined, env), { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' });
});

test('pods send under the name of their deployment, and their own variables win', () => {
  const spec = { name: 'be1', template: { args: [], env: { POD: 'x', OTEL_SERVICE_NAME: 'own' } } };
  assert.deepEqual(traced(spec, { OTEL_A: '1' }).template.env, { OTEL_A: '1', POD: 'x', OTEL_SERVICE_NAME: 'own' });
  assert.equal(traced({ name: 'be1', template: { args: [] } }, { OTEL_A: '1' }).template.env?.OTEL_SERVICE_NAME, 'be1');
});

test('what is no address of a store is refused', () => {
  for (const url of ['zipkin', '9411', 'ftp://x', '']) {
    assert.throws(() => tracesEnvironment(url, {}), { code: 'EK_USAGE', location: { field: '--traces' } }, url);
  }
});
