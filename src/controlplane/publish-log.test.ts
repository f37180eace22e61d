import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translateService } from '../translate/translate-service.ts';
import { assignmentWarningBytes, PublishLog } from './publish-log.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint } from './testing/told-source.ts';

test('an assignment that nears what clients receive is warned of once each time it grows there', () => {
  const { log, lines } = logCapture();
  const publishLog = new PublishLog(log);
  const publish = (count: number): number => {
    const endpoints = Array.from({ length: count }, (_, index) =>
      readyEndpoint(`fd00:1111:2222:3333:4444:5555:6666:${index.toString(16)}`),
    );
    const service = grpcService('default/be1-srv', endpoints);
    const translated = translateService(service);
    publishLog.published({ service, selections: new Map(), translated });
    return translated.assignments.get(50051)!.bytes.length;
  };
  assert.ok(publish(10) < assignmentWarningBytes);
  assert.equal(lines.length, 0);
  assert.ok(publish(50_000) > assignmentWarningBytes);
  publish(50_001);
  assert.equal(lines.length, 1);
  assert.equal(lines[0]!.assignment, 'default/be1-srv:50051');
  publish(10);
  publish(50_000);
  assert.equal(lines.length, 2);
});

test('what is left out of a Service is told once, until it is another thing', () => {
  const { log, lines } = logCapture();
  const publishLog = new PublishLog(log);
  const publish = (...problems: string[]): number => {
    const service = { ...grpcService('shop/orders', []), problems };
    publishLog.published({ service, selections: new Map(), translated: translateService(service) });
    return lines.length;
  };
  assert.equal(publish('a'), 1);
  assert.equal(publish('a'), 1);
  assert.equal(publish('a', 'b'), 2);
  assert.deepEqual([lines[1]!.service, lines[1]!.problem], ['shop/orders', 'b']);
  assert.equal(publish(), 2);
  assert.equal(publish('a'), 3);
  publishLog.removed({ namespace: 'shop', name: 'orders' });
  assert.equal(publish('a'), 4);
});
