// Shares of a route among several: drawn anew for each request, or fixed for a client.
import { writeAddressBytes } from '../core/address.js';
import { crc32 } from '../core/hash.js';
import type { Random } from '../core/random.js';

/** One of several, and its part of the whole. */
export interface Share<Choice> {
  readonly choice: Choice;
  /** At least 0. */
  readonly weight: number;
}

/** Chooses by weight. The shares lie side by side in the order of the document: who grows takes from its neighbour only. */
export class Split<Choice> {
  readonly #choices: readonly Choice[];
  /** Where each share ends. */
  readonly #ends: readonly number[];
  readonly #sum: number;
  readonly #address: Uint8Array = new Uint8Array(16);

  /** @param shares - one weight above 0 at least */
  constructor(shares: readonly Share<Choice>[]) {
    let sum = 0;
    this.#choices = shares.map(({ choice }) => choice);
    this.#ends = shares.map(({ weight }) => (sum += weight));
    this.#sum = sum;
  }

  /** Any of them, as often as its weight says. */
  draw(random: Random): Choice {
    return this.#at(random.next() * this.#sum);
  }

  /**
   * The same one for the same client as long as the weights stay: crc32 of the address's bytes, modulo the sum of the weights.
   * @param address - text; IPv4-mapped counts as IPv4
   */
  choiceOf(address: string): Choice {
    const size = writeAddressBytes(address, this.#address);
    return this.#at(crc32(this.#address, size) % this.#sum);
  }

  #at(place: number): Choice {
    const ends = this.#ends;
    let i = 0;
    while (i < ends.length - 1 && place >= ends[i]!) i++;
    return this.#choices[i]!;
  }
}
