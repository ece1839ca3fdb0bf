/**
 * The running question for what was missed: one at a time, asked again when nobody answers, however
 * many pages the answer has. Collects what is told of it in the end.
 */

const ANSWER = 10_000; // milliseconds after which an unanswered question is asked again

export class CatchUp {
  #askedAt = 0;
  #found = [];
  #changed = false;
  away = false; // we were gone, rather than one frame

  /** Whether to ask now. */
  ask(away) {
    if (Date.now() - this.#askedAt < ANSWER) return false;
    this.#askedAt = Date.now();
    this.away ||= away;
    return true;
  }

  /** A page of the answer came, with these events of the sequence. */
  answered(events) {
    this.#askedAt = 0;
    this.#changed ||= events.length > 0;
    const news = events.filter(([name]) => name === "notification");
    this.#found.push(...news.map(([, { notification }]) => notification));
  }

  /** What came of it, null when nothing did; starts anew. */
  finish() {
    const { away } = this;
    const [found, changed] = [this.#found, this.#changed];
    this.forget();
    return changed ? { missed: found.length, last: found.at(-1) ?? null, away } : null;
  }

  forget() {
    this.#askedAt = 0;
    this.#found = [];
    this.#changed = this.away = false;
  }
}
