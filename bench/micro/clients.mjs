// The clients whose picks are measured.

/** One reused context that is another of 4,096 clients each time. */
export class Clients {
  source = '';
  nowMs = 0;
  tried = [];
  #at = 0;
  #sources = Array.from({ length: 4096 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  #paths = Array.from({ length: 4096 }, (_, i) => `/products/category-${i & 15}/item-${i}`);

  next() {
    this.#at = (this.#at + 1) & 4095;
    this.source = this.#sources[this.#at];
    return this;
  }

  attribute() {
    return this.#paths[this.#at];
  }
}
