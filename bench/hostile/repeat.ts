/** Does it again and again until the time is over; a connection that is refused is tried again after a moment. */
export async function again(over: () => boolean, attempt: () => Promise<void>): Promise<void> {
  while (!over()) {
    await attempt().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
