// Waits until something that should come to rest has done so.

/** Resolves when a count has stood still for ten looks in a row. */
export async function stalled(count: () => number): Promise<void> {
  let still = 0;
  let last = -1;
  while (still < 10) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = count();
    still = now === last ? still + 1 : 0;
    last = now;
  }
}
