/**
 * Toasts, in a region that exists from the start. Each leaves after five seconds and stays while it is
 * hovered or focused; the newest three at most, the rest counted in one line. Those of a storm are one
 * that counts on, and so is what was missed while away. `leadbell:toast` on the document shows one of
 * something else, a message. In quiet hours there are none (quiet.js).
 *
 * `toasts(feed, unfinished)` goes on with those of the page before, and returns a function that gives
 * those that are on show.
 */
import { notifications } from "./api.js";
import { hushed } from "./quiet-hours.js";
import { Storms } from "./storms.js";
import { settled } from "./swap.js";
import { text } from "./texts.js";
import { LIFE, build, expire, isHeld } from "./toast.js";
import { told, toldStorm } from "./told.js";

const MOST = 3;
const SAID = 1_500; // milliseconds: whoever has the count read out is not told each of 500
const CHAT = "chat"; // the kind of those that are messages
const MISSED = "missed"; // the id of the one that tells of many
const NOTIFICATION = /^[0-9a-f-]{36}$/; // the id of one

export function toasts(feed, unfinished = []) {
  const region = document.querySelector("[data-toasts]");
  const rest = region.querySelector("[data-toasts-rest]");
  const shown = new Map(); // id -> {content, element, until}
  const storms = new Storms();
  const dismissed = new WeakSet(); // storms that somebody closed: they stay so
  let uncounted = []; // kinds

  function close(id) {
    const { element } = shown.get(id) ?? {};
    if (!element) return;
    const hadFocus = element.contains(document.activeElement);
    shown.delete(id);
    element.remove();
    if (hadFocus) document.querySelector("button[data-bell]").focus();
    if (!shown.size) countRest([]);
  }

  function countRest(kinds) {
    const n = (uncounted = kinds).length;
    rest.hidden = n === 0;
    rest.querySelector("a").textContent = n ? text("toastsRest", { n }) : "";
  }

  /** The oldest goes into the count; but nothing moves under the pointer of who is at one of them:
   * then the newest is counted, and the answer is false. */
  function makeRoom({ kind }) {
    const [oldest] = shown.values();
    const held = [...shown.values()].some(({ element }) => isHeld(element));
    if (!held) close(oldest.content.id);
    countRest([...uncounted, held ? kind : oldest.content.kind]);
    return !held;
  }

  function show(content, life = LIFE) {
    const { id, kind, ids } = content;
    if (shown.has(id)) return;
    if (shown.size >= MOST && !makeRoom(content)) return;
    const element = build(content);
    const entry = { content, element, until: Date.now() + life };
    shown.set(id, entry);
    element.querySelector("[data-toast-open]").addEventListener("click", () => {
      if (NOTIFICATION.test(id)) notifications.mark(id, true).catch(console.error);
      close(id);
    });
    element.querySelector("[data-toast-close]").addEventListener("click", () => {
      if (ids) dismissed.add(ids);
      close(id);
    });
    region.insertBefore(element, rest);
    expire(entry, () => close(id));
  }

  /** What came of a kind: a toast, or a storm's, in place of those that it had. */
  function come(content, ids = storms.came(content.kind, content.id)) {
    if (!ids) return show(content);
    const { kind } = content;
    const id = stormOf(kind);
    for (const [each, { element }] of [...shown]) if (ids.has(each) && !isHeld(element)) close(each);
    if (uncounted.includes(kind)) countRest(uncounted.filter((other) => other !== kind));
    if (dismissed.has(ids)) return;
    const entry = shown.get(id);
    if (entry) entry.until = Date.now() + LIFE;
    else show({ id, kind, ids, ...stormWords(kind, ids) });
    recount();
  }

  const recount = settled(() => {
    for (const { content, element } of [...shown.values()]) {
      if (!content.ids) continue;
      if (!content.ids.size) {
        close(content.id);
        continue;
      }
      const { title } = Object.assign(content, stormWords(content.kind, content.ids));
      element.querySelector("[data-toast-title]").textContent = title;
    }
  }, SAID);

  function over(id) {
    close(id);
    if (storms.over(id)) recount();
  }

  feed.addEventListener("notification", ({ detail: { notification, live } }) => {
    const { id, type: kind, url } = notification;
    if (live && !hushed()) come({ id, kind, url, ...told(notification) });
  });
  feed.addEventListener("caught-up", ({ detail: { missed, last, away } }) => {
    if (!away || !missed || hushed()) return;
    const message = missed === 1 ? lineOf(told(last)) : text("missedWhere");
    const title = text("missed", { n: missed });
    close(MISSED);
    show({ id: MISSED, kind: MISSED, title, message, url: "/notifications/" });
  });
  document.addEventListener("leadbell:toast", ({ detail }) => hushed() || (detail.kind === CHAT ? come : show)(detail));
  document.addEventListener("leadbell:toast-over", ({ detail: { url } }) => {
    for (const [id, { content }] of [...shown]) if (content.url === url) close(id);
  });
  feed.addEventListener("deleted", ({ detail }) => over(detail.id));
  feed.addEventListener("bulk", () => {
    storms.forget();
    for (const [id, { content }] of [...shown]) if (content.kind !== CHAT) close(id);
  });
  feed.addEventListener("updated", ({ detail: { notification: { id, isRead, url } } }) => {
    if (isRead) over(id);
    else if (!url) shown.get(id)?.element.querySelector("[data-toast-open]").removeAttribute("href");
  });
  for (const { content, until } of unfinished) {
    if (until < Date.now()) continue;
    if (content.ids) come(content, storms.resume(content.kind, content.ids));
    else show(content, until - Date.now());
  }
  return () => [...shown.values()].map(({ content: { ids, ...content }, until }) => ({
    content: ids ? { ...content, ids: [...ids] } : content, until,
  }));
}

const stormOf = (kind) => `storm-${kind}`;

function stormWords(kind, { size: n }) {
  if (kind === CHAT) return { title: text("newMessages", { n }), message: text("missedMessagesWhere"), url: "/chat/" };
  return { title: toldStorm(kind, n), message: text("missedWhere"), url: `/notifications/?type=${kind}` };
}

const lineOf = ({ title, message }) => `${title}: ${message}`;
