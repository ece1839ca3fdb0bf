/**
 * One run of the client against a simulated server that loses, doubles and reorders what it pushes and
 * hangs up at random. All chance comes from `seed`. Gives null when the client ends where the server
 * is, having called nothing new twice, and else what differs.
 */
window.fuzz = async (LeadbellClient, seed) => {
  const random = mulberry(seed);
  const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const server = new Server(random);
  const name = `/ws/${seed}`;
  window.servers.set(new URL(name, location.href).pathname, server);
  for (let i = 0; i < 5; i += 1) server.step();

  const page = { rows: server.rows(), count: null, news: [] };
  const client = new LeadbellClient({ url: name, seq: server.seq });
  const keep = ({ detail: { notification } }) => page.rows.set(notification.id, notification.isRead);
  client.addEventListener("notification", (event) => {
    page.news.push(event.detail.notification.id);
    keep(event);
  });
  client.addEventListener("updated", keep);
  client.addEventListener("deleted", ({ detail }) => page.rows.delete(detail.id));
  client.addEventListener("bulk", () => page.rows.forEach((_, id) => page.rows.set(id, true)));
  client.addEventListener("reset", () => (page.rows = server.rows()));
  client.addEventListener("count", ({ detail }) => (page.count = detail.unreadCount));
  client.connect();

  for (let i = 0; i < 40; i += 1) {
    server.step();
    if (random() < 0.4) await pause(random() * 6);
    if (random() < 0.06) server.hangUp();
    if (random() < 0.1) server.beat();
    if (random() < 0.03) server.forget();
  }
  await pause(3_000); // back-off included
  server.mute = true; // the end is known by heartbeats only, and one comes while an answer is on its way
  for (const [missed, milliseconds] of [[12, 3_000], [1, 3], [1, 3_000]]) {
    for (let i = 0; i < missed; i += 1) server.step();
    server.beat();
    await pause(milliseconds);
  }
  client.close();

  const sorted = (rows) => JSON.stringify([...rows].sort());
  const found = { rows: sorted(page.rows), count: page.count, twice: page.news.length - new Set(page.news).size };
  const wanted = { rows: sorted(server.rows()), count: server.unread, twice: 0 };
  return JSON.stringify(found) === JSON.stringify(wanted) ? null : { seed, found, wanted };
};

window.servers = new Map();

window.WebSocket = class {
  static OPEN = 1;
  readyState = 1;
  constructor(url) {
    this.server = window.servers.get(new URL(url).pathname);
    this.server.admit(this);
  }
  send(text) {
    this.server.asked(this, JSON.parse(text));
  }
  close() {
    this.readyState = 3;
    this.server.sockets.delete(this);
  }
};

class Server {
  sockets = new Set();
  seq = 0;
  kept = 0;
  mute = false; // what it pushes is lost
  all = []; // {id, seq, isRead, gone, createdAt, updatedAt}

  constructor(random) {
    this.random = random;
  }

  get alive() {
    return this.all.filter(({ gone }) => !gone);
  }

  get unread() {
    return this.alive.filter(({ isRead }) => !isRead).length;
  }

  rows() {
    return new Map(this.alive.map(({ id, isRead }) => [id, isRead]));
  }

  admit(socket) {
    this.sockets.add(socket);
    this.later(() => this.tell(socket, { type: "hello", protocol: 1, userId: 1, ...this.position() }), 3);
  }

  position() {
    return { seq: this.seq, unreadCount: this.unread };
  }

  later(action, milliseconds) {
    setTimeout(action, this.random() * milliseconds);
  }

  tell(socket, frame) {
    if (socket.readyState === 1) socket.onmessage?.({ data: JSON.stringify(frame) });
  }

  push(frame) {
    if (this.mute) return;
    const text = JSON.parse(JSON.stringify({ ...frame, ...this.position() }));
    for (const socket of this.sockets) {
      if (this.random() < 0.15) continue;
      for (let n = this.random() < 0.1 ? 2 : 1; n > 0; n -= 1) this.later(() => this.tell(socket, text), 4);
    }
  }

  asked(socket, { type, since, limit }) {
    if (type !== "sync") return;
    this.later(() => {
      const answer = this.changes(since, Math.min(limit, 3));
      this.later(() => this.tell(socket, answer), 5);
    }, 3);
  }

  changes(since, limit) {
    if (since < this.kept || since > this.seq) return { type: "sync:reset", ...this.position() };
    const rows = this.all.filter(({ seq }) => seq > since).sort((a, b) => a.seq - b.seq);
    let page = rows.slice(0, limit);
    while (rows[page.length]?.seq === page.at(-1)?.seq && page.length < rows.length) page = rows.slice(0, page.length + 1);
    const hasMore = page.length < rows.length;
    return {
      type: "sync",
      since,
      seq: hasMore ? page.at(-1).seq : this.seq,
      unreadCount: this.unread,
      changed: page.filter(({ gone }) => !gone).map((row) => ({ ...row })),
      removed: page.filter(({ gone }) => gone).map(({ id }) => id),
      hasMore,
    };
  }

  step() {
    const chance = this.random();
    const any = this.alive[Math.floor(this.random() * this.alive.length)];
    this.seq += 1;
    const changed = { seq: this.seq, updatedAt: `at ${this.seq}` };
    if (chance < 0.5 || !any) {
      const row = { id: `n${this.seq}`, isRead: false, createdAt: changed.updatedAt, ...changed };
      this.all.push(row);
      this.push({ type: "notification:created", action: "add", notification: row });
    } else if (chance < 0.7) {
      Object.assign(any, changed, { isRead: !any.isRead });
      this.push({ type: "notification:updated", notification: any });
    } else if (chance < 0.92) {
      Object.assign(any, changed, { gone: true });
      this.push({ type: "notification:deleted", id: any.id });
    } else {
      const unread = this.alive.filter(({ isRead }) => !isRead);
      unread.forEach((row) => Object.assign(row, changed, { isRead: true }));
      this.push({ type: "notifications:bulk-updated", action: "mark-all-read", count: unread.length });
    }
  }

  beat() {
    for (const socket of this.sockets) this.tell(socket, { type: "heartbeat", seq: this.seq });
  }

  hangUp() {
    for (const socket of [...this.sockets]) {
      socket.close();
      socket.onclose?.({ code: 1006 });
    }
  }

  /** Retention: positions up to here are not kept any more. */
  forget() {
    this.kept = Math.max(0, this.seq - 5);
  }
}

function mulberry(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
