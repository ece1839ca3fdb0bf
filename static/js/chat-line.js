/**
 * Where a client stands in the chat of its user, and what the frames of the chat mean from there.
 *
 * Says what happened by `emit(detail)`; `detail.kind` is
 *   message {message}                           a new one, live, of either of the two
 *   missed {messages, away}                     new ones to us that no frame brought
 *   read {readerId, senderId, upTo}, delivered {recipientId, upTo}, changed {}
 *   typing {userId}                             not sequenced
 * and but for typing has the `seq` and `unreadCount` that the server gave.
 */
const ANSWER = 10_000; // milliseconds after which an unanswered question is asked again
const RECEIPT = 200; // receipts are cumulative
const REMEMBERED = 500; // ids, so that nothing is called new twice

export class ChatLine {
  #seq;
  #me = null;
  #send;
  #emit;
  #seen = new Set();
  #askedAt = 0;
  #heardOf = 0;
  #away = false;
  #carried = false; // the next state is that of a message which just came
  #receipt = null;

  /** `seq` is where the page was rendered; null is not known yet. */
  constructor(seq, { send, emit }) {
    this.#seq = seq;
    this.#send = send;
    this.#emit = emit;
  }

  hear = (frame) => this.#handlers[frame.type]?.(frame);

  /** A socket opened: asks for what happened meanwhile. What was stored and not read may not be known
   * to have come, so the answer is acknowledged in any case. */
  greeted(userId, away) {
    this.#me = userId;
    this.#askedAt = 0;
    if (this.#seq !== null) this.ask(away);
  }

  ask(away = false) {
    this.#away ||= away;
    if (Date.now() - this.#askedAt < ANSWER) return;
    this.#askedAt = Date.now();
    this.#send({ type: "chat:sync", since: this.#seq });
  }

  close() {
    clearTimeout(this.#receipt);
  }

  #handlers = {
    new_message: ({ message }) => {
      this.#carried = true;
      if (this.#firstTime(message.id)) this.#emit({ kind: "message", message });
    },
    "chat:state": ({ seq, unreadCount }) => {
      if (this.#carried) this.#sequenced("changed", { seq, unreadCount });
      else this.#mentioned(seq);
      this.#carried = false;
      this.#acknowledgeSoon();
    },
    "chat:read": ({ type, ...detail }) => this.#sequenced("read", detail),
    "chat:delivered": ({ type, ...detail }) => this.#sequenced("delivered", detail),
    "chat:typing": ({ userId }) => this.#emit({ kind: "typing", userId }),
    "chat:sync": (page) => this.#page(page),
    "chat:reset": ({ seq, unreadCount }) => {
      this.#heardOf = seq;
      this.#take(seq, { kind: "changed", unreadCount });
    },
  };

  /** The next number is applied, one above it makes us ask, one below was applied. */
  #sequenced(kind, detail) {
    if (this.#seq === null || detail.seq === this.#seq + 1) this.#take(detail.seq, { kind, ...detail });
    else this.#mentioned(detail.seq);
  }

  #mentioned(seq) {
    this.#heardOf = Math.max(this.#heardOf, seq);
    this.#seq ??= seq;
    if (seq > this.#seq) this.ask();
  }

  #page({ since, seq, unreadCount, changed, hasMore }) {
    this.#askedAt = 0;
    if (seq < this.#seq) return; // frames were faster
    const messages = changed.filter(({ id, recipientId, readAt }) => recipientId === this.#me && !readAt && this.#firstTime(id));
    if (seq !== since || changed.length) this.#take(seq, { kind: "changed", unreadCount });
    if (messages.length) this.#emit({ kind: "missed", messages, away: this.#away, seq, unreadCount });
    const overtaken = this.#heardOf > seq && seq > since; // while it was on its way
    if (hasMore || overtaken) return this.ask(this.#away);
    this.#away = false;
    if (unreadCount) this.#acknowledgeSoon();
  }

  #take(seq, detail) {
    this.#seq = seq;
    this.#askedAt = 0;
    this.#emit({ ...detail, seq });
  }

  #acknowledgeSoon() {
    this.#receipt ??= setTimeout(() => {
      this.#receipt = null;
      this.#send({ type: "chat:ack", seq: this.#seq });
    }, RECEIPT);
  }

  #firstTime(id) {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value);
    return true;
  }
}
