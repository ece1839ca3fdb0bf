/**
 * Desktop notifications, through the service worker (Android's Chrome knows no other way). The person
 * allows them with a button; the leading tab shows them, tagged with the notification's id, and takes
 * them away when it was read elsewhere. Those of a storm are one, tagged with its kind, which goes when
 * all of them are read. In quiet hours there are none. A click focuses a window of ours, or opens one.
 *
 *   <button data-desktop-toggle>, <span data-desktop-state>
 */
import { notifications } from "./api.js";
import { remember, remembered } from "./prefs.js";
import { hushed } from "./quiet-hours.js";
import { Storms } from "./storms.js";
import { settled } from "./swap.js";
import { text } from "./texts.js";
import { told, toldStorm } from "./told.js";

const COUNTED = 1_000; // milliseconds between two counts of a storm
const CLEARED = 200;
const HASH = /^#notification=([0-9a-f-]{36})$/;
const supported = () => "Notification" in globalThis && "serviceWorker" in navigator;
const allowed = () =>
  supported() && Notification.permission === "granted" && remembered("desktop", "on") === "on";

export function desktop(feed) {
  controls();
  arrived();
  addEventListener("hashchange", arrived);
  if (!supported()) return;
  if (allowed()) register().catch(console.error);
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.open) location.assign(data.open);
  });
  alerts(feed);
}

function alerts(feed) {
  const storms = new Storms();
  const growing = new Map(); // kind -> ids, of which the system shows fewer
  const over = new Set(); // ids that were read or deleted

  const grow = settled(() => {
    for (const [kind, ids] of growing) if (ids.size) showStorm(kind, ids);
    growing.clear();
  }, COUNTED);
  const clear = settled(() => takeAway(({ tag, data }) => over.has(tag) || data.ids?.every((id) => over.has(id))), CLEARED);

  function end(id) {
    over.add(id);
    storms.over(id);
    clear();
  }

  feed.addEventListener("notification", ({ detail: { notification, live } }) => {
    if (!live || !feed.leading || !allowed() || hushed()) return;
    const { id, type: kind } = notification;
    const ids = storms.came(kind, id);
    if (!ids) return show(notification);
    growing.set(kind, ids);
    grow();
  });
  feed.addEventListener("updated", ({ detail: { notification } }) => {
    if (notification.isRead) end(notification.id);
    else over.delete(notification.id);
  });
  feed.addEventListener("deleted", ({ detail }) => end(detail.id));
  feed.addEventListener("bulk", () => {
    storms.forget();
    growing.clear();
    takeAway(() => true);
  });
}

const register = () => navigator.serviceWorker.register("/sw.js");

const quietly = (action) => (...given) => action(...given).catch(console.error); // an alert more or less

const show = quietly(async ({ id, url, ...notification }) => {
  const { title, message } = told(notification);
  await put(title, { body: message, tag: id, data: { id, url } });
});

const showStorm = quietly(async (kind, ids) => {
  const data = { ids: [...ids], url: `/notifications/?type=${kind}` };
  await put(toldStorm(kind, ids.size), { body: text("missedWhere"), tag: `storm-${kind}`, data });
  await takeAway(({ tag }) => ids.has(tag));
});

async function put(title, options) {
  await register();
  const worker = await navigator.serviceWorker.ready;
  const icon = document.querySelector("link[rel=icon]")?.href;
  await worker.showNotification(title, { ...options, icon });
}

const takeAway = quietly(async (concerned) => {
  if (!allowed()) return;
  const worker = await navigator.serviceWorker.getRegistration();
  for (const shown of (await worker?.getNotifications()) ?? []) if (concerned(shown)) shown.close();
});

/** A page that was opened by a desktop notification marks it read. */
function arrived() {
  const id = location.hash.match(HASH)?.[1];
  if (!id) return;
  history.replaceState(null, "", location.pathname + location.search);
  notifications.mark(id, true).catch(console.error);
}

function controls() {
  const button = document.querySelector("[data-desktop-toggle]");
  if (!button) return;
  const state = document.querySelector("[data-desktop-state]");
  const write = () => {
    const blocked = supported() && Notification.permission === "denied";
    button.hidden = !supported() || blocked;
    button.textContent = text(allowed() ? "desktopOff" : "desktopOn");
    const found = supported() ? (allowed() ? "desktopIsOn" : "desktopIsOff") : "desktopMissing";
    state.textContent = text(blocked ? "desktopBlocked" : found);
  };
  button.addEventListener("click", async () => {
    remember("desktop", allowed() ? "off" : "on");
    if (Notification.permission === "default") await Notification.requestPermission();
    write();
    if (allowed()) register().catch(console.error);
  });
  write();
}
