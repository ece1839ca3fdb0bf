/**
 * Where a client stands in its user's sequence, and what a frame means from there.
 *
 * Pure: no socket, no clock. `null` is "not known yet": the first number that arrives is adopted.
 */

const REMEMBERED = 500; // ids, so that nothing is called new twice whatever arrives twice

export class Sequence {
  #seen = new Set();

  constructor(seq = null) {
    this.seq = seq;
  }

  /** What to do with a change that took the number `seq`: "apply", "ignore" or "ask" for more. */
  judge(seq) {
    if (this.seq === null || seq === this.seq + 1) return "apply";
    return seq <= this.seq ? "ignore" : "ask";
  }

  /** True when the server is elsewhere than this client: ahead, or behind after a restore. */
  differs(seq) {
    return this.seq !== null && seq !== this.seq;
  }

  /** The events of one live change, as `[type, detail]`. */
  ofFrame(frame) {
    if (frame.type === "notification:deleted") return [["deleted", { id: frame.id }]];
    if (frame.type === "notifications:bulk-updated") return [["bulk", { count: frame.count }]];
    const { notification } = frame;
    const isNew = frame.type === "notification:created" && this.#firstTime(notification.id);
    return [isNew ? ["notification", { notification, live: true }] : ["updated", { notification }]];
  }

  /** The events of a page of changes; what was applied meanwhile is left out. */
  ofPage(page, live) {
    const fresh = page.changed.filter((row) => row.seq > this.seq);
    return [
      ...fresh.map((notification) =>
        isUntouched(notification) && this.#firstTime(notification.id)
          ? ["notification", { notification, live }]
          : ["updated", { notification }],
      ),
      ...page.removed.map((id) => ["deleted", { id }]),
    ];
  }

  #firstTime(id) {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value);
    return true;
  }
}

/** A notification that nobody read, unread or changed since it was made is new to who was away. */
function isUntouched(row) {
  return !row.isRead && row.updatedAt === row.createdAt;
}
