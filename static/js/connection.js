/**
 * One WebSocket that comes back for ever: capped back-off with jitter, at once when the browser is
 * online again, and a watchdog, because a dead network closes nothing.
 *
 * Events: `frame` (detail: the object), `state` (detail: `{state, nextTry, code}`, with the state
 * "connecting", "live", "reconnecting" or "offline" and the time of the next try in milliseconds),
 * `awake` (somebody looks again, and the socket seems alive).
 */
import { Backoff } from "./backoff.js";
import { Wakeups } from "./wakeups.js";

const PROTOCOL = "leadbell.v1";
const SILENCE = 60_000; // the server says something every 25 s
const PATIENCE = 15_000; // for the first frame
const REFUSALS = [4401, 4403, 4429]; // signed out, deactivated, too much: keep trying, but slowly

export class Connection extends EventTarget {
  #options;
  #socket = null;
  #heardAt = 0;
  #silence;
  #retry;
  #backoff = new Backoff();
  #wakeups = new Wakeups({
    online: () => this.tryNow(),
    offline: () => this.#drop(),
    awake: () => this.#awake(),
  });
  state = { state: "connecting", nextTry: null, code: null };
  tries = 0; // since the last frame: more than one means that something was down

  /** `url`, and `token`: an access token or a function that returns one, or a promise of one. */
  constructor(options) {
    super();
    this.#options = options;
  }

  open() {
    this.#wakeups.listen();
    return this.#connect();
  }

  close() {
    this.#wakeups.ignore();
    this.#forget();
  }

  tryNow() {
    if (this.state.state !== "live") this.#connect();
  }

  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  async #connect() {
    this.#forget();
    this.tries += 1;
    const place = (this.#socket = {}); // taken while a token is fetched
    this.#expectWithin(PATIENCE);
    try {
      const protocols = await this.#protocols();
      if (this.#socket !== place) return;
      this.#socket = new WebSocket(this.#address(), protocols);
    } catch {
      if (this.#socket === place) this.#drop();
      return;
    }
    this.#socket.onmessage = ({ data }) => this.#heard(data);
    this.#socket.onclose = ({ code }) => this.#drop(code);
  }

  #address() {
    const url = new URL(this.#options.url, globalThis.location?.href);
    url.protocol = url.protocol.replace("http", "ws");
    return url;
  }

  async #protocols() {
    const { token } = this.#options;
    const access = typeof token === "function" ? await token() : token;
    return access ? [PROTOCOL, `bearer.${access}`] : [PROTOCOL];
  }

  #heard(text) {
    this.#heardAt = Date.now();
    this.#expectWithin(SILENCE);
    if (this.state.state !== "live") {
      this.#backoff.reset();
      this.#turn("live");
    }
    this.#emit("frame", JSON.parse(text));
    this.tries = 0;
  }

  #expectWithin(milliseconds) {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#drop(), milliseconds);
  }

  /** Timers of hidden pages sleep, so a page that is looked at again checks the clock itself. */
  #awake() {
    if (this.state.state !== "live") return this.#connect();
    if (Date.now() - this.#heardAt > SILENCE) return this.#drop(), this.#connect();
    this.#emit("awake");
  }

  /** Lets go of the socket and its timers, without another try. */
  #forget() {
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket?.close) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #drop(code = null) {
    this.#forget();
    const wait = REFUSALS.includes(code) ? this.#backoff.slow() : this.#backoff.next();
    this.#retry = setTimeout(() => this.#connect(), wait);
    const online = globalThis.navigator?.onLine !== false;
    this.#turn(online ? "reconnecting" : "offline", Date.now() + wait, code);
  }

  #turn(state, nextTry = null, code = null) {
    this.state = { state, nextTry, code };
    this.#emit("state", this.state);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
