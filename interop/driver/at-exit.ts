const ends = new Set<() => void>();

/**
 * Has `end` called when this process ends, whatever ends it except SIGKILL, so that a program that it started or a folder
 * that it made does not stay behind. `end` must be synchronous.
 *
 * @returns the function that calls it off
 */
export function atExit(end: () => void): () => void {
  install();
  ends.add(end);
  return () => ends.delete(end);
}

let installed = false;

function install(): void {
  if (installed) return;
  installed = true;
  process.on('exit', () => {
    for (const end of ends) end();
  });
  // Without a listener a signal ends the process with no exit event.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}
