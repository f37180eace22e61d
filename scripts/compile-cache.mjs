// Loaded before every test file: what was compiled once is not compiled again, neither there nor in the programs that a test
// starts. Two hundred files read much the same modules, and without this reading them was a quarter of what the tests cost.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '..', 'build', 'compile-cache');
enableCompileCache(process.env.NODE_COMPILE_CACHE);
