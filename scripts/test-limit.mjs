// Loaded into every process of tests: one that does not end says what keeps it, and fails. Without it a forgotten socket would
// hold the whole run until somebody looks.
const limitMinutes = 10;

setTimeout(() => {
  const [, first, ...more] = process.argv;
  const files = more.length === 0 ? first : `${first} and ${more.length} more`;
  console.error(`${files}: not ended after ${limitMinutes} minutes; open: ${process.getActiveResourcesInfo()}`);
  process.exit(1);
}, limitMinutes * 60_000).unref();
