import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { type MetricDefinition, metricDefinitions } from '../../src/controlplane/metric-definitions.ts';
import { alertsOf, panelsOf } from './monitoring.ts';

const chart = join(import.meta.dirname, 'evenkeel');
const rules = readFileSync(join(chart, 'monitoring', 'rules.yaml'), 'utf8');
const known = new Map(Object.entries<MetricDefinition>(metricDefinitions));

function run(program: string, ...args: string[]) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  return { found: error === undefined, status, out: stdout + stderr, stdout };
}

function missing(program: string, version: string): string | false {
  return !run(program, version).found && process.env.EVENKEEL_REQUIRE !== 'all' && `there is no ${program} on PATH`;
}

test('what rules and panels ask for are metrics that there are, with their labels', () => {
  const queries = [...alertsOf(), ...panelsOf()].map(({ expr }) => expr);
  assert.ok(queries.length > 30);
  for (const query of queries) {
    const used = [...query.matchAll(/(evenkeel_\w+)(?:\{([^}]*)\})?/g)];
    assert.ok(used.length > 0, query);
    for (const [, name, matchers = ''] of used) {
      const labels = known.get(name!)?.labels;
      assert.ok(labels !== undefined, `${name} in ${query}`);
      for (const [, label] of matchers.matchAll(/(\w+)\s*(?:=|!=|=~)"/g)) {
        assert.ok(label === 'instance' || labels.includes(label!), `${label} of ${name} in ${query}`);
      }
    }
    const by = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names]) => names!.split(/, */));
    const all = used.flatMap(([, name]) => known.get(name!)!.labels);
    for (const label of by) assert.ok(label === 'instance' || all.includes(label), `${label} in ${query}`);
  }
});

test('each panel has a title and says what it shows, and none lies over another', () => {
  const taken = new Set<string>();
  for (const { title, description, gridPos } of panelsOf()) {
    assert.ok(title !== '' && description !== '', title);
    assert.ok(gridPos.x + gridPos.w <= 24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.equal(taken.has(`${x},${y}`), false, title);
        taken.add(`${x},${y}`);
      }
    }
  }
});

test('each alert fires in its fault and not before, and none where all is in order', {
  skip: missing('promtool', '--version'),
}, () => {
  const judged = run('promtool', 'test', 'rules', join(import.meta.dirname, 'testdata', 'alerts.yaml'));
  assert.equal(judged.status, 0, judged.out);
  // None is left out there.
  const tested = readFileSync(join(import.meta.dirname, 'testdata', 'alerts.yaml'), 'utf8');
  for (const { alert } of alertsOf()) assert.ok(tested.includes(`alertname="${alert}"`), alert);
});

test('what the chart installs are the files, where they are asked for', { skip: missing('helm', 'version') }, () => {
  const objects = (...values: string[]): Record<string, never>[] => {
    const set = values.flatMap((value) => ['--set', value]);
    const { status, stdout, out } = run('helm', 'template', 'rel', chart, '--kube-version', '1.34.0', ...set);
    assert.equal(status, 0, out);
    return parseAllDocuments(stdout).flatMap((document) => document.toJS() ?? []);
  };
  const before = objects();
  assert.deepEqual(objects('monitoring=null'), before);
  const labels = 'monitoring.labels.release=prometheus';
  const all = objects(
    'monitoring.rules=PrometheusRule,monitoring.dashboard=true,monitoring.serviceMonitor=true',
    labels,
  );
  const added = all.filter((one) => !before.some((old) => JSON.stringify(old) === JSON.stringify(one)));
  const [rule, dashboard, monitor, ...others] = ['PrometheusRule', 'ConfigMap', 'ServiceMonitor'].map((wanted) =>
    added.find(({ kind }) => kind === wanted),
  );
  assert.deepEqual([added.length, others], [3, []]);
  assert.deepEqual((rule as { spec?: object }).spec, parse(rules));
  const { data, metadata } = dashboard as unknown as { data: Record<string, string>; metadata: { labels: object } };
  assert.equal(data['evenkeel.json']!.trim(), readFileSync(join(chart, 'monitoring', 'dashboard.json'), 'utf8').trim());
  assert.partialDeepStrictEqual(metadata.labels, { grafana_dashboard: '1', release: 'prometheus' });
  assert.partialDeepStrictEqual(monitor, { spec: { endpoints: [{ port: 'http-admin', path: '/metrics' }] } });
});
