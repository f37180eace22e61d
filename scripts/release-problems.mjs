// Types: release-problems.d.mts.
export function releaseProblems({ product, library, suite, chart, changelogs, uncommitted }) {
  const problems = [];
  const { version } = product;
  if (library.version !== version) {
    problems.push(`packages/xds/package.json has version ${library.version}, package.json ${version}`);
  }
  const wanted = product.dependencies['@evenkeel/xds'];
  if (wanted !== library.version) {
    problems.push(`package.json wants @evenkeel/xds ${wanted}; it is ${library.version}`);
  }
  if (suite.version !== version) {
    problems.push(`packages/conformance/package.json has version ${suite.version}, package.json ${version}`);
  }
  const suiteWants = suite.dependencies['@evenkeel/xds'];
  if (suiteWants !== library.version) {
    problems.push(`packages/conformance/package.json wants @evenkeel/xds ${suiteWants}; it is ${library.version}`);
  }
  const image = /^appVersion: "?([^"\s]+)"?/m.exec(chart)?.[1];
  if (image !== version) problems.push(`appVersion of deploy/chart/evenkeel/Chart.yaml is ${image}, not ${version}`);
  for (const [path, text] of changelogs) {
    const first = /^## (.*)$/m.exec(text)?.[1] ?? '';
    if (first !== version && !first.startsWith(`${version} `)) {
      problems.push(`the first section of ${path} is "${first}"; name it ${version} and the day`);
    }
  }
  if (uncommitted !== '') problems.push(`${uncommitted.split('\n').length} files are not committed`);
  return problems;
}
