/** How long to wait before the next try: capped exponential, with full jitter. Milliseconds. */

const FIRST = 1_000;
const CAP = 30_000;
const SOON = 250; // never hammer, even when the dice say nought

export class Backoff {
  attempt = 0;

  next() {
    const ceiling = Math.min(CAP, FIRST * 2 ** this.attempt);
    this.attempt += 1;
    return Math.max(SOON, Math.random() * ceiling);
  }

  /** For a server that said no: the longest wait, still jittered, and never giving up. */
  slow() {
    this.attempt += 1;
    return CAP / 2 + (Math.random() * CAP) / 2;
  }

  reset() {
    this.attempt = 0;
  }
}
