// What a test opens, closed after it: the last opened first.
import { afterEach } from 'vitest';

const kept: AsyncDisposable[] = [];

/** Closes `thing` after the present test. */
export function keep<Thing extends AsyncDisposable>(thing: Thing): Thing {
  kept.push(thing);
  return thing;
}

afterEach(async () => {
  for (const thing of kept.splice(0).reverse()) await thing[Symbol.asyncDispose]();
});
