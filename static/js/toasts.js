/**
 * Toasts, in a region that exists from the start. Each leaves after five seconds and stays while it is
 * hovered or focused; the newest three at most, the rest counted in one line. What was missed while
 * away is one toast. Built from the page's <template>, filled as text. `leadbell:toast` on the document shows
 * one of something else, a message.
 *
 * `toasts(feed, unfinished)` goes on with those of the page before, and returns a function that gives
 * those that are on show.
 */
import { notifications } from "./api.js";
import { text } from "./texts.js";
import { told } from "./told.js";

const LIFE = 5_000; // milliseconds
const MOST = 3;
const CHAT = "chat"; // the kind of those that are messages
const MISSED = "missed"; // the id of the one that is no notification

export function toasts(feed, unfinished = []) {
  const region = document.querySelector("[data-toasts]");
  const rest = region.querySelector("[data-toasts-rest]");
  const shown = new Map(); // id -> {content, element, until}
  let uncounted = 0;

  function close(id) {
    const { element } = shown.get(id) ?? {};
    if (!element) return;
    const hadFocus = element.contains(document.activeElement);
    shown.delete(id);
    element.remove();
    if (hadFocus) document.querySelector("button[data-bell]").focus();
    if (!shown.size) countRest(0);
  }

  function countRest(n) {
    uncounted = n;
    rest.hidden = n === 0;
    rest.querySelector("a").textContent = n ? text("toastsRest", { n }) : "";
  }

  /** The oldest goes into the count; but nothing moves under the pointer of who is at one of them:
   * then the newest is counted, and the answer is false. */
  function makeRoom() {
    const held = [...shown.values()].some(({ element }) => isHeld(element));
    if (!held) close(shown.keys().next().value);
    countRest(uncounted + 1);
    return !held;
  }

  function show(content, life = LIFE) {
    const { id } = content;
    if (shown.has(id)) return;
    if (shown.size >= MOST && !makeRoom()) return;
    const element = build(content);
    const entry = { content, element, until: Date.now() + life };
    shown.set(id, entry);
    element.querySelector("[data-toast-open]").addEventListener("click", () => {
      if (id !== MISSED && content.kind !== CHAT) notifications.mark(id, true).catch(console.error);
      close(id);
    });
    element.querySelector("[data-toast-close]").addEventListener("click", () => close(id));
    region.insertBefore(element, rest);
    expire(entry, () => close(id));
  }

  feed.addEventListener("notification", ({ detail: { notification, live } }) => {
    const { id, type: kind, url } = notification;
    if (live) show({ id, kind, url, ...told(notification) });
  });
  feed.addEventListener("caught-up", ({ detail: { missed, last, away } }) => {
    if (!away || !missed) return;
    const message = missed === 1 ? lineOf(told(last)) : text("missedWhere");
    const title = text("missed", { n: missed });
    close(MISSED);
    show({ id: MISSED, kind: MISSED, title, message, url: "/notifications/" });
  });
  document.addEventListener("leadbell:toast", ({ detail }) => show(detail));
  document.addEventListener("leadbell:toast-over", ({ detail: { url } }) => {
    for (const [id, { content }] of [...shown]) if (content.url === url) close(id);
  });
  feed.addEventListener("deleted", ({ detail }) => close(detail.id));
  feed.addEventListener("bulk", () => {
    for (const [id, { content }] of [...shown]) if (content.kind !== CHAT) close(id);
  });
  feed.addEventListener("updated", ({ detail: { notification: { id, isRead, url } } }) => {
    if (isRead) close(id);
    else if (!url) shown.get(id)?.element.querySelector("[data-toast-open]").removeAttribute("href");
  });
  for (const { content, until } of unfinished) {
    if (until > Date.now()) show(content, until - Date.now());
  }
  return () => [...shown.values()].map(({ content, until }) => ({ content, until }));
}

const lineOf = ({ title, message }) => `${title}: ${message}`;

const isHeld = (element) => element.matches(":hover") || element.contains(document.activeElement);

/** Closes when its time is over, unless somebody is at it: then it has its whole life again. */
function expire(entry, close) {
  const { element } = entry;
  let timer = setTimeout(close, entry.until - Date.now());
  const hold = () => clearTimeout(timer);
  const again = () => {
    hold();
    if (isHeld(element)) return;
    entry.until = Date.now() + LIFE;
    timer = setTimeout(close, LIFE);
  };
  element.addEventListener("pointerenter", hold);
  element.addEventListener("pointerleave", again);
  element.addEventListener("focusin", hold);
  element.addEventListener("focusout", () => setTimeout(again));
}

function build({ id, kind, title, message, url }) {
  const template = document.querySelector("template[data-toast-template]");
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.dataset.toast = id;
  toast.querySelector("use").setAttribute("href", `#i-${kind}`);
  toast.querySelector("[data-toast-title]").textContent = title;
  toast.querySelector("[data-toast-message]").textContent = message;
  if (safe(url)) toast.querySelector("[data-toast-open]").href = url;
  return toast;
}

/** Notifications carry urls of our own pages; an administrator's may point elsewhere, by http only. */
function safe(url) {
  try {
    return Boolean(url) && /^https?:$/.test(new URL(url, location.origin).protocol);
  } catch {
    return false;
  }
}
