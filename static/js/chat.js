/**
 * The chat on every page: how many messages wait in the rail, and a popup with the bell's sound for one
 * that comes while nobody looks at its conversation in this browser.
 *
 *   <span data-chat-badge hidden> <span data-chat-count>
 *
 * A page that shows a conversation holds the lock that `lockOf` names (chat-page.js).
 */
import { page } from "./api.js";
import { ring } from "./sound.js";
import { text } from "./texts.js";

const MOST = 99;
const QUOTED = 120; // characters

export const lockOf = (userId) => `leadbell:chat:${userId}`;

const names = new Map(); // user id -> promise of a name

export function chat(feed) {
  const me = Number(document.body.dataset.user);
  const ring1 = (id) => ring(`chat-${id}`);

  feed.addEventListener("chat", ({ detail }) => {
    const { kind, unreadCount, message, messages, away } = detail;
    if (unreadCount !== undefined) badge(unreadCount);
    if (kind === "message" && message.recipientId === me) popup(message).catch(console.error);
    if (kind === "missed" && (away || messages.length > 1)) gathered(messages).catch(console.error);
    else if (kind === "missed") popup(messages[0]).catch(console.error);
    if (kind === "read" && detail.readerId === me) say("leadbell:toast-over", { url: pathOf(detail.senderId) });
  });
  badge(feed.chatUnread);

  async function popup(message) {
    if (await isLookedAt(message.senderId)) return;
    const [title, url] = [await nameOf(message.senderId), pathOf(message.senderId)];
    say("leadbell:toast", { id: `chat-${message.id}`, kind: "chat", title, message: message.body.slice(0, QUOTED), url });
    ring1(message.id);
  }

  async function gathered(messages) {
    const last = messages.at(-1);
    if (messages.length === 1) return popup(last);
    const title = text("missedMessages", { n: messages.length });
    say("leadbell:toast", { id: `chat-${last.id}`, kind: "chat", title, message: text("missedMessagesWhere"), url: "/chat/" });
    ring1(last.id);
  }
}

const pathOf = (userId) => `/chat/${userId}/`;

const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function badge(count) {
  document.querySelectorAll("[data-chat-badge]").forEach((place) => {
    place.hidden = !count;
    place.querySelector("[data-chat-count]").textContent = count > MOST ? `${MOST}+` : count;
  });
}

/** Whether some tab of this browser shows the conversation to somebody. */
async function isLookedAt(userId) {
  if (!navigator.locks) return document.visibilityState === "visible" && location.pathname === pathOf(userId);
  const { held } = await navigator.locks.query();
  return held.some(({ name }) => name === lockOf(userId));
}

function nameOf(userId) {
  if (!names.has(userId)) names.set(userId, asked(userId));
  return names.get(userId);
}

async function asked(userId) {
  try {
    return (await page(`${pathOf(userId)}who/`)).querySelector("bdi").textContent;
  } catch {
    names.delete(userId);
    return text("messageFrom");
  }
}
