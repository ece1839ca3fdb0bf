/**
 * LeadbellClient: one user's notifications over one WebSocket, for any page. No framework.
 *
 *   const client = new LeadbellClient({ url: "/ws/notifications/", seq: 41 });
 *   client.addEventListener("notification", (event) => show(event.detail.notification));
 *   client.addEventListener("count", (event) => badge(event.detail.unreadCount));
 *   client.connect();
 *
 * Options: `url`; `token`, an access token or a function that returns (a promise of) one, for pages
 * without the session cookie; `seq` and `chatSeq`, where the page was rendered, else the server's.
 *
 * Events, with their `event.detail`:
 *   notification {notification, live}  a new one, once; `live: false` when we were away
 *   updated {notification}, deleted {id}, bulk {count}  read or unread, deleted, all marked read
 *   count {unreadCount}                the server's figure; never computed here
 *   applied {from, seq, unreadCount, events}  one step of the sequence, before its own events
 *   caught-up {missed, last, away}     a gap is closed: how many new ones, and the last of them
 *   reset {}                           the position is not kept any more: reload the list
 *   lead {action, lead | id}           "add", "change" or "remove"; not sequenced, as the next three
 *   presence {id, userIds}, mentioned {id, entryId}  who looks at the lead; what mentions us changed
 *   appointments {id}                  one of the lead was made, changed or cancelled
 *   chat {kind, …}                     see chat-line.js
 *   made {requestId, lead}, refused {code, detail, requestId}
 *   state {state, nextTry, code}       see connection.js
 *   identity {userId}                  who the server says we are, with every connection
 *
 * A number at or below ours is ignored, the next is applied, a higher one makes us ask since ours.
 */
import { CatchUp } from "./catchup.js";
import { ChatLine } from "./chat-line.js";
import { Connection } from "./connection.js";
import { Sequence } from "./sequence.js";

const PAGE = 200; // changes asked for at a time
const RECEIPT = 1_000; // receipts are cumulative: one a second is enough

export class LeadbellClient extends EventTarget {
  #connection;
  #sequence;
  #catchUp = new CatchUp();
  #chat;
  #receipt = null;
  #heardOf = 0; // the highest number that the server mentioned
  #greeted = false;

  constructor({ url, token, seq = null, chatSeq = null }) {
    super();
    this.#chat = new ChatLine(chatSeq, { send: this.send, emit: (detail) => this.#emit("chat", detail) });
    this.#sequence = new Sequence(seq);
    this.#connection = new Connection({ url, token });
    this.#connection.addEventListener("frame", ({ detail }) => (this.#handlers[detail.type] ?? this.#chat.hear)(detail));
    this.#connection.addEventListener("awake", () => (this.#ask({ away: true }), this.#chat.ask(true)));
    this.#connection.addEventListener("state", ({ detail }) => {
      if (detail.state !== "live") this.#catchUp.forget();
      this.#emit("state", detail);
    });
  }

  connect = () => this.#connection.open();
  tryNow = () => this.#connection.tryNow();
  send = (frame) => this.#connection.send(frame);
  close() {
    clearTimeout(this.#receipt);
    this.#chat.close();
    this.#connection.close();
  }

  /** Creates a lead over the socket; "made" or "refused" answers with the same `requestId`. */
  createLead = (requestId, lead) => this.send({ type: "lead:create", requestId, lead });

  #handlers = {
    hello: (frame) => this.#hello(frame),
    heartbeat: ({ seq }) => this.#mentioned(seq, { away: false }),
    "notification:created": (frame) => this.#sequenced(frame),
    "notification:updated": (frame) => this.#sequenced(frame),
    "notification:deleted": (frame) => this.#sequenced(frame),
    "notifications:bulk-updated": (frame) => this.#sequenced(frame),
    sync: (page) => this.#page(page),
    "sync:reset": (frame) => this.#reset(frame),
    "lead:created": ({ lead }) => this.#emit("lead", { action: "add", lead }),
    "lead:updated": ({ lead }) => this.#emit("lead", { action: "change", lead }),
    "lead:deleted": ({ id }) => this.#emit("lead", { action: "remove", id }),
    "lead:many": () => this.#emit("caught-up", { missed: 0, last: null, away: false }), // ask for lists anew
    "lead:presence": ({ id, userIds }) => this.#emit("presence", { id, userIds }),
    "lead:mentioned": ({ id, entryId }) => this.#emit("mentioned", { id, entryId }),
    "lead:appointments": ({ id }) => this.#emit("appointments", { id }),
    ack: ({ requestId, lead }) => this.#emit("made", { requestId, lead }),
    error: ({ code, detail, requestId }) => this.#emit("refused", { code, detail, requestId }),
  };

  #hello({ userId, seq, unreadCount }) {
    const away = this.#greeted || this.#connection.tries > 1;
    this.#greeted = true;
    this.#emit("identity", { userId });
    this.#chat.greeted(userId, away);
    if (!this.#mentioned(seq, { away })) this.#apply(seq, unreadCount, []);
    if (away) this.#emit("caught-up", { missed: 0, last: null, away });
  }

  #sequenced(frame) {
    const { seq, unreadCount } = frame;
    const meaning = this.#sequence.judge(seq);
    if (meaning === "apply") this.#apply(seq, unreadCount, this.#sequence.ofFrame(frame));
    if (meaning === "ask") this.#mentioned(seq, { away: false });
  }

  /** The server is at `seq`: asks for the difference, and says whether there was one. */
  #mentioned(seq, { away }) {
    this.#heardOf = Math.max(this.#heardOf, seq);
    const differs = this.#sequence.differs(seq);
    if (differs) this.#ask({ away });
    return differs;
  }

  #ask({ away }) {
    if (!this.#catchUp.ask(away)) return;
    this.send({ type: "sync", since: this.#sequence.seq, limit: PAGE });
  }

  #page(page) {
    const events = this.#sequence.ofPage(page, !this.#catchUp.away);
    this.#catchUp.answered(events);
    if (page.seq >= this.#sequence.seq) this.#apply(page.seq, page.unreadCount, events);
    const overtaken = this.#heardOf > this.#sequence.seq && page.seq > page.since; // while it was on its way
    if (page.hasMore || overtaken) return this.#ask(this.#catchUp);
    const told = this.#catchUp.finish();
    if (told) this.#emit("caught-up", told);
  }

  #reset({ seq, unreadCount }) {
    this.#catchUp.forget();
    this.#heardOf = seq;
    this.#apply(seq, unreadCount, [["reset", {}]], null);
    this.#emit("caught-up", { missed: 0, last: null, away: true });
  }

  #apply(seq, unreadCount, events, from = this.#sequence.seq) {
    this.#sequence.seq = seq;
    this.#emit("applied", { from, seq, unreadCount, events });
    events.forEach(([name, detail]) => this.#emit(name, detail));
    this.#emit("count", { unreadCount });
    this.#receipt ??= setTimeout(() => this.#acknowledge(), RECEIPT);
  }

  #acknowledge() {
    this.#receipt = null;
    this.send({ type: "ack", seq: this.#sequence.seq });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
