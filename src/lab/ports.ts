/** How far a port is moved that this user may not bind. */
export const portShift = 8000;

/** A port below 1024 that is kept from us by a missing right, or by a program that listens on every address. */
export function isShiftable(error: unknown, port: number): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return port < 1024 && (code === 'EACCES' || code === 'EADDRINUSE');
}
