import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabEndpoint } from './endpoints.ts';
import { seededRandom } from './random.ts';
import { choose } from './spread.ts';

function endpoint(pod: string, kubeNode: string): LabEndpoint {
  const conditions = { ready: true, serving: true, terminating: false };
  return { address: '127.30.1.1', pod, kubeNode, zone: 'zone-a', region: 'region-1', ...conditions };
}

const endpoints = [endpoint('alone', 'node-1'), ...['a', 'b', 'c', 'd'].map((pod) => endpoint(pod, 'node-2'))];

/** The share of 4000 connections that each pod gets. */
function shares(spread: 'pod' | 'node'): Record<string, number> {
  const random = seededRandom(1, 'spread');
  const counts: Record<string, number> = {};
  for (let connection = 0; connection < 4000; connection += 1) {
    const { pod } = choose(endpoints, spread, random)!;
    counts[pod] = (counts[pod] ?? 0) + 1 / 4000;
  }
  return counts;
}

test('by pod: one and four pods on two machines get a fifth each', () => {
  for (const share of Object.values(shares('pod'))) assert.ok(Math.abs(share - 0.2) < 0.03, String(share));
});

test('by machine: the pod that is alone gets as much as the four together', () => {
  const { alone, ...others } = shares('node');
  assert.ok(Math.abs(alone! - 0.5) < 0.03, String(alone));
  assert.equal(Object.keys(others).length, 4);
  for (const share of Object.values(others)) assert.ok(Math.abs(share - 0.125) < 0.03, String(share));
});

test('nobody is chosen from nobody', () => {
  assert.equal(choose([], 'pod', Math.random), undefined);
  assert.equal(choose([], 'node', Math.random), undefined);
});

test('of one machine only its own pods', () => {
  assert.equal(choose(endpoints, 'pod', Math.random, 'node-1')!.pod, 'alone');
  assert.equal(choose(endpoints, 'node', Math.random, 'node-3'), undefined);
});
