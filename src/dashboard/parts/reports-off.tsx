/** What is shown where clients are not asked, and how they are. */
export function ReportsOff() {
  return (
    <aside class="note">
      <strong>Load reports are off.</strong> Services, endpoints and clients are shown; calls, errors and verdicts are
      not known. To turn them on: <code>evenkeel serve --load-reports</code>, <code>load.reports: true</code> in the
      configuration, or <code>EVENKEEL_LOAD_REPORTS=true</code>. What that costs: docs/load.md.
    </aside>
  );
}
