// Loaded before every test file that has a process of its own: one that does not end says what keeps it, and fails. Without it
// a forgotten socket would hold the whole run until somebody looks.
const limitMinutes = 10;

setTimeout(() => {
  console.error(
    `${process.argv[1]}: not ended after ${limitMinutes} minutes; open: ${process.getActiveResourcesInfo()}`,
  );
  process.exit(1);
}, limitMinutes * 60_000).unref();
