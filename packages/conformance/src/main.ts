#!/usr/bin/env node
// Nothing is imported before this: an older Node cannot even load the rest.
if (Number.parseInt(process.versions.node, 10) < 22) {
  console.error(`xds-conformance needs Node 22 or newer, and this is Node ${process.versions.node}`);
  process.exit(2);
}
await import('./program.ts');
