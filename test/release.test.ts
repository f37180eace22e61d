import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ReleaseInput, releaseProblems } from '../scripts/release-problems.mjs';

const ready: ReleaseInput = {
  product: { version: '1.2.0', dependencies: { '@evenkeel/xds': '1.2.0' } },
  library: { version: '1.2.0' },
  suite: { version: '1.2.0', dependencies: { '@evenkeel/xds': '1.2.0' } },
  chart: 'name: evenkeel\nversion: 0.9.0\nappVersion: "1.2.0"\n',
  changelogs: new Map([['CHANGELOG.md', '# Changelog\n\n## 1.2.0 (2026-12-01)\n\n- More.\n\n## 1.1.0\n']]),
  uncommitted: '',
};

const cases: readonly [string, Partial<ReleaseInput>, readonly RegExp[]][] = [
  ['everything is in order', {}, []],
  ['a day is not asked for', { changelogs: new Map([['CHANGELOG.md', '## 1.2.0\n']]) }, []],
  [
    'the library was forgotten',
    { library: { version: '1.1.0' } },
    [/xds\/package.json has version 1.1.0/, /wants .* 1.2.0; it is 1.1.0/, /wants .* 1.2.0; it is 1.1.0/],
  ],
  [
    'the conformance suite was forgotten',
    { suite: { version: '1.1.0', dependencies: { '@evenkeel/xds': '1.1.0' } } },
    [/conformance\/package.json has version 1.1.0/, /conformance\/package.json wants .* 1.1.0; it is 1.2.0/],
  ],
  [
    'the product wants an older library',
    { product: { ...ready.product, dependencies: { '@evenkeel/xds': '1.1.0' } } },
    [/wants @evenkeel\/xds 1.1.0/],
  ],
  ['the chart installs the image of before', { chart: 'appVersion: 1.1.0' }, [/appVersion .* 1.1.0, not 1.2.0/]],
  [
    'a changelog is not closed',
    { changelogs: new Map([['CHANGELOG.md', '## Unreleased\n\n## 1.2.0\n']]) },
    [/first section of CHANGELOG.md is "Unreleased"/],
  ],
  ['a longer version is another one', { changelogs: new Map([['CHANGELOG.md', '## 1.2.01\n']]) }, [/is "1.2.01"/]],
  ['a change was forgotten', { uncommitted: ' M a.ts\n?? b.ts' }, [/2 files are not committed/]],
];

for (const [name, changed, expected] of cases) {
  test(name, () => {
    const problems = releaseProblems({ ...ready, ...changed });
    assert.equal(problems.length, expected.length, problems.join('; '));
    for (const [index, problem] of problems.entries()) assert.match(problem, expected[index]!);
  });
}
