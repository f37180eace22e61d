// Imported before tests that run in one process: the first that fails ends them all, since a mutant is noticed by then.
import { afterEach } from 'node:test';

afterEach(({ passed }) => {
  if (!passed) process.exit(1);
});
