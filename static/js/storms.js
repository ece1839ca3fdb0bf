/**
 * Storms: more than five of a kind that come within ten seconds are told as one line, which counts on
 * as long as the next comes within ten seconds of the last. notifications/storms.py lists them alike.
 */
const MANY = 5;
const WITHIN = 10_000; // milliseconds

export class Storms {
  #chains = new Map(); // kind -> {ids, last, lately, storm}

  /** Something of the `kind` came: the ids of the storm that it belongs to, a Set that goes on
   * growing and shrinking; null in calm. */
  came(kind, id, now = Date.now()) {
    const before = this.#chains.get(kind);
    const goesOn = before && now - before.last <= WITHIN;
    const chain = goesOn ? before : { ids: new Set(), lately: [], storm: false };
    this.#chains.set(kind, chain);
    chain.ids.add(id);
    chain.last = now;
    chain.lately = [...chain.lately, now].slice(-MANY - 1);
    chain.storm ||= many(chain.lately, now);
    return chain.storm ? chain.ids : null;
  }

  /** A storm of the page before goes on here. */
  resume(kind, ids, now = Date.now()) {
    this.#chains.set(kind, { ids: new Set(ids), last: now, lately: [], storm: true });
    return this.#chains.get(kind).ids;
  }

  /** It was read or deleted. The kind of the storm that it belonged to, if any. */
  over(id) {
    for (const [kind, { ids, storm }] of this.#chains) if (ids.delete(id)) return storm ? kind : undefined;
  }

  forget() {
    this.#chains.clear();
  }
}

/** `action` at once where calls are few, and at most once in so many `milliseconds` in a storm of them. */
export function paced(action, milliseconds) {
  let timer = null;
  let lately = [];
  return () => {
    if (timer !== null) return;
    const now = Date.now();
    lately = [...lately, now].slice(-MANY - 1);
    if (!many(lately, now)) return action();
    timer = setTimeout(() => {
      timer = null;
      action();
    }, milliseconds);
  };
}

const many = (times, now) => times.length > MANY && now - times[0] <= WITHIN;
