// What Leadbell is measured against: the same task by Express, Socket.IO 4, its redis adapter and
// pg, one process, made well: a pool, one bulk INSERT a lead, no compression, WebSocket only.
// It stores no events, no sequence and no counts.

import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import express from "express";
import jwt from "jsonwebtoken";
import pg from "pg";
import { createClient } from "redis";
import { Server } from "socket.io";

const { DATABASE_URL, REDIS_URL, PORT, JWT_SECRET } = process.env;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    id bigint PRIMARY KEY, active boolean NOT NULL DEFAULT true
  );
  CREATE TABLE IF NOT EXISTS leads (
    id bigserial PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL,
    email text NOT NULL, phone text NOT NULL, company text NOT NULL, source text NOT NULL,
    created_by bigint REFERENCES users, created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX IF NOT EXISTS leads_created ON leads (created_at, id);
  CREATE TABLE IF NOT EXISTS notifications (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id bigint NOT NULL REFERENCES users,
    type text NOT NULL, title text NOT NULL, message text NOT NULL,
    is_read boolean NOT NULL DEFAULT false, read_at timestamptz,
    related_lead_id bigint REFERENCES leads, url text NOT NULL, actor_id bigint REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX IF NOT EXISTS notifications_list ON notifications (user_id, created_at DESC);
  CREATE INDEX IF NOT EXISTS notifications_unread ON notifications (user_id) WHERE NOT is_read;
`;
const INSERT_LEAD = {
  name: "lead",
  text: `INSERT INTO leads (first_name, last_name, email, phone, company, source, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *`,
};
const NOTIFY_EVERYBODY = {
  name: "notify",
  text: `INSERT INTO notifications
           (user_id, type, title, message, related_lead_id, url, actor_id)
         SELECT id, $1, $2, $3, $4, $5, $6 FROM users WHERE active
         RETURNING id, user_id, created_at, updated_at`,
};

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
await pool.query(SCHEMA);
// Without a limit in time: each would take a timer, and one that is late would end the process.
const publisher = createClient({ url: REDIS_URL, commandOptions: { timeout: undefined } });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const app = express();
app.disable("x-powered-by");
const server = createServer({ keepAliveTimeout: 75_000 }, app);
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false });
io.adapter(createAdapter(publisher, subscriber));

const userOf = (token) => Number(jwt.verify(token, JWT_SECRET, { algorithms: ["HS256"] }).sub);
const roomOf = (userId) => `user:${userId}`;

io.use((socket, next) => {
  const { auth, headers, query } = socket.handshake;
  try {
    socket.data.userId = userOf(auth.token ?? headers.authorization?.slice(7) ?? query.token);
    next();
  } catch {
    next(new Error("unauthorized"));
  }
});
io.on("connection", (socket) => socket.join(roomOf(socket.data.userId)));

function signedIn(request, response, next) {
  try {
    request.userId = userOf(request.headers.authorization?.replace(/^Bearer /, ""));
    next();
  } catch {
    response.status(401).json({ detail: "Not signed in." });
  }
}

function problemOf({ firstName, lastName, company, email, phone }) {
  const texts = [firstName, lastName, company, email, phone].filter((value) => value !== undefined);
  if (texts.some((value) => typeof value !== "string" || value.length > 254)) return "texts only";
  if (!(firstName || lastName || company)) return "give a name";
  if (!(email || phone)) return "give a way to answer";
  return email && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email) ? "not an e-mail address" : null;
}

async function store(body, userId) {
  const { firstName = "", lastName = "", email = "", phone = "", company = "", source = "" } = body;
  const values = [firstName, lastName, email, phone, company, source, userId];
  return (await pool.query({ ...INSERT_LEAD, values })).rows[0];
}

function happening(lead, userId) {
  const person = `${lead.first_name} ${lead.last_name}`.trim();
  const name = person && lead.company ? `${person} (${lead.company})` : person || lead.company;
  return {
    type: "lead_created",
    title: "New Lead Created",
    message: `${name} added to pipeline`,
    relatedLeadId: Number(lead.id),
    url: `/leads/${lead.id}/`,
    actorId: userId,
  };
}

async function notify(what) {
  const values = [what.type, what.title, what.message, what.relatedLeadId, what.url, what.actorId];
  return (await pool.query({ ...NOTIFY_EVERYBODY, values })).rows;
}

function push(what, rows) {
  const { type, title, message, relatedLeadId, url, actorId } = what;
  for (const { id, user_id: userId, created_at: createdAt, updated_at: updatedAt } of rows) {
    const state = { isRead: false, readAt: null };
    const links = { relatedLeadId, url, actorId };
    const notification = { id, type, title, message, ...state, ...links, createdAt, updatedAt };
    io.to(roomOf(userId)).emit("notification:created", { action: "add", notification });
  }
}

app.get("/healthz", (request, response) => response.json({ status: "ok" }));
app.post("/api/leads/", signedIn, express.json(), async (request, response) => {
  const problem = problemOf(request.body ?? {});
  if (problem) return response.status(400).json({ detail: problem });
  const lead = await store(request.body, request.userId);
  const what = happening(lead, request.userId);
  const rows = await notify(what);
  response.status(201).json({ id: Number(lead.id), ...request.body, createdAt: lead.created_at });
  push(what, rows);
});

server.listen({ port: Number(PORT), host: "127.0.0.1", backlog: 4096 });
