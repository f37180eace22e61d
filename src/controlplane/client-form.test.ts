import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientFormOf } from './client-form.ts';

const cases: readonly [name: string, version: string, form: 'pods' | 'merged'][] = [
  ['gRPC Go', '1.85.0', 'pods'],
  ['gRPC Go', '1.56.3', 'pods'],
  ['gRPC Go', '1.57.0-dev', 'pods'],
  ['gRPC Go', '1.55.1', 'merged'],
  ['gRPC Go', '1.48.0', 'merged'],
  ['gRPC Go', '2.0.0', 'pods'],
  ['gRPC C-core linux Python', 'C-core 32.0.0 Python 1.55.3', 'pods'],
  ['gRPC C-core linux Python', 'C-core 31.1.0 Python 1.54.3', 'merged'],
  ['gRPC C-core linux C++', 'C-core 48.0.0', 'pods'],
  ['gRPC Java', '1.50.3', 'pods'],
  ['gRPC Java', '1.49.2', 'merged'],
  ['gRPC Node Pure JS', '1.10.1', 'pods'],
  ['gRPC Node Pure JS', '1.9.2', 'merged'],
  ['gRPC Gopher', '1.85.0', 'merged'],
  ['envoy', '1.40.0', 'merged'],
  ['somebody', '9.9.9', 'merged'],
  ['', '', 'merged'],
  ['gRPC Go', '', 'merged'],
  ['gRPC Go', 'newest', 'merged'],
  ['gRPC Go', '99999999999999999999.0', 'pods'],
];

for (const [userAgentName, userAgentVersion, form] of cases) {
  test(`${userAgentName} ${userAgentVersion} gets the form ${form}`, () => {
    assert.equal(clientFormOf({ userAgentName, userAgentVersion }), form);
  });
}
