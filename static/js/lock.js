/**
 * One tab of the browser leads: the one that holds the lock. When it goes, the next is at once in its
 * place. Where Web Locks are missing (plain HTTP from another machine), every tab leads for itself.
 */
export class Leadership {
  #name;
  #lead;
  #follow;
  #queued = null;
  #release = null;
  #leading = false;

  /** `lead()` is called when this tab comes to lead, `follow()` when another took that from it. */
  constructor(name, { lead, follow }) {
    this.#name = name;
    this.#lead = lead;
    this.#follow = follow;
  }

  static get shared() {
    return Boolean(navigator.locks);
  }

  queue() {
    if (!Leadership.shared) return this.#lead();
    this.#queued = new AbortController();
    this.#hold({ signal: this.#queued.signal });
  }

  /** Takes the lead from a tab that does not answer. */
  steal() {
    this.#queued?.abort();
    this.#hold({ steal: true });
  }

  leave() {
    this.#queued?.abort();
    this.#leading = false;
    this.#release?.();
  }

  #hold(options) {
    const held = new Promise((resolve) => (this.#release = resolve));
    const granted = () => {
      this.#leading = true;
      this.#lead();
      return held;
    };
    navigator.locks.request(this.#name, options, granted).catch(() => {
      if (options.signal?.aborted || !this.#leading) return;
      this.#leading = false;
      this.#follow();
      this.queue();
    });
  }
}
