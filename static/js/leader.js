/**
 * One socket per browser: the tab that holds the lock leads, the others follow over a channel.
 *
 * `Feed` has the events of LeadbellClient, whichever tab has the socket; `leading` says whether this
 * one does. Every tab keeps its place in the sequence and the last steps, so that one that takes over
 * goes on where it was, and one that opens late is told what it has not seen. Without Web Locks each
 * tab has its own socket.
 */
import { LeadbellClient } from "./client.js";
import { Leadership } from "./lock.js";

const KEPT = 100; // steps kept for tabs that open later
const PATIENCE = 2_000; // milliseconds for a leader to answer; a frozen one is replaced
const PASSED_ON = ["state", "lead", "presence", "mentioned", "appointments", "chat", "caught-up", "refused", "identity"];

export class Feed extends EventTarget {
  #options;
  #name;
  #me = Math.random().toString(36).slice(2);
  #channel = null;
  #client = null;
  #unanswered;
  #steps = [];
  #leadership;
  leading = false;
  state = { state: "connecting", nextTry: null, code: null };

  constructor({ url, user, seq, unreadCount, chatSeq, chatUnread }) {
    super();
    this.#options = { url };
    this.#name = `leadbell:${user}`;
    this.#leadership = new Leadership(this.#name, {
      lead: () => this.#lead(),
      follow: () => this.#stepDown(),
    });
    Object.assign(this, { seq, unreadCount, chatSeq, chatUnread });
  }

  join() {
    if (Leadership.shared) {
      this.#channel = new BroadcastChannel(this.#name);
      this.#channel.onmessage = ({ data }) => this.#heard[data.kind]?.(data);
    }
    this.#leadership.queue();
    this.#say({ kind: "ask", since: this.seq });
  }

  leave() {
    clearTimeout(this.#unanswered);
    this.#stepDown();
    this.#leadership.leave();
    this.#channel?.close();
    this.#channel = null;
  }

  tryNow() {
    if (this.leading) this.#client.tryNow();
    else this.#say({ kind: "try" });
  }

  send(frame) {
    if (this.leading) this.#client.send(frame);
    else this.#say({ kind: "send", frame });
  }

  /** For a follower that is looked at: is the leader awake? Else takes the lock from it. */
  check() {
    if (this.leading || !this.#channel) return;
    this.#say({ kind: "ask", since: this.seq });
    clearTimeout(this.#unanswered);
    this.#unanswered = setTimeout(() => this.#leadership.steal(), PATIENCE);
  }

  #lead() {
    this.leading = true;
    clearTimeout(this.#unanswered);
    this.#client = new LeadbellClient({ ...this.#options, seq: this.seq, chatSeq: this.chatSeq });
    this.#client.addEventListener("applied", ({ detail: step }) => {
      this.#take(step);
      this.#say({ kind: "step", step });
    });
    PASSED_ON.forEach((name) =>
      this.#client.addEventListener(name, ({ detail }) => {
        this.#pass(name, detail);
        this.#say({ kind: "pass", name, detail });
      }),
    );
    this.#client.connect();
  }

  #stepDown() {
    this.leading = false;
    this.#client?.close();
    this.#client = null;
  }

  #heard = {
    step: ({ step }) => this.#take(step),
    pass: ({ name, detail }) => this.#pass(name, detail),
    try: () => this.leading && this.#client.tryNow(),
    send: ({ frame }) => this.leading && this.#client.send(frame),
    ask: ({ from, since }) => this.leading && this.#answer(from, since),
    tell: (answer) => answer.to === this.#me && this.#told(answer),
  };

  #answer(to, since) {
    const known = this.#steps.filter((step) => step.seq > since);
    const whole = since >= this.seq || known[0]?.from <= since;
    const { seq, unreadCount, state, chatSeq, chatUnread } = this;
    this.#say({ kind: "tell", to, seq, unreadCount, state, chatSeq, chatUnread, steps: whole ? known : null });
  }

  #told({ seq, unreadCount, state, steps, chatSeq, chatUnread }) {
    clearTimeout(this.#unanswered);
    this.#pass("state", state);
    if (chatSeq > this.chatSeq) this.#pass("chat", { kind: "changed", seq: chatSeq, unreadCount: chatUnread });
    const behind = seq > this.seq;
    if (!steps) this.#take({ from: null, seq, unreadCount, events: [["reset", {}]] });
    else if (behind) steps.forEach((step) => this.#take(step));
    else this.#take({ from: seq, seq, unreadCount, events: [] });
    if (behind) this.#pass("caught-up", { missed: 0, last: null, away: false });
  }

  /** One step of the sequence: applied once, in order, and only from where this tab stands. */
  #take(step) {
    const jump = step.from === null;
    if (!jump && step.seq < this.seq) return;
    if (!jump && step.from > this.seq) return this.#say({ kind: "ask", since: this.seq });
    const here = jump ? -1 : this.seq;
    const events = step.seq === here ? [] : step.events;
    if (step.seq !== here) this.#steps = [...this.#steps, step].slice(-KEPT);
    this.seq = step.seq;
    this.unreadCount = step.unreadCount;
    events
      .filter(([, detail]) => !(detail.notification?.seq <= here))
      .forEach(([name, detail]) => this.#pass(name, detail));
    this.#pass("count", { unreadCount: step.unreadCount });
  }

  #pass(name, detail) {
    if (name === "state") this.state = detail;
    if (name === "chat" && detail.seq !== undefined) [this.chatSeq, this.chatUnread] = [detail.seq, detail.unreadCount];
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #say(message) {
    this.#channel?.postMessage({ ...message, from: this.#me });
  }
}
