/**
 * Desktop notifications, through the service worker (Android's Chrome knows no other way). The person
 * allows them with a button; the leading tab shows them, tagged with the notification's id, and takes
 * them away when it was read elsewhere. A click focuses a window of ours, or opens one.
 *
 *   <button data-desktop-toggle>, <span data-desktop-state>
 */
import { notifications } from "./api.js";
import { remember, remembered } from "./prefs.js";
import { text } from "./texts.js";
import { told } from "./told.js";

const HASH = /^#notification=([0-9a-f-]{36})$/;
const supported = () => "Notification" in globalThis && "serviceWorker" in navigator;
const allowed = () =>
  supported() && Notification.permission === "granted" && remembered("desktop", "on") === "on";

export function desktop(feed) {
  controls();
  arrived();
  addEventListener("hashchange", arrived);
  if (!supported()) return;
  if (allowed()) register();
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.open) location.assign(data.open);
  });
  feed.addEventListener("notification", ({ detail: { notification, live } }) => {
    if (live && feed.leading && allowed()) show(notification);
  });
  feed.addEventListener("updated", ({ detail: { notification } }) => {
    if (notification.isRead) takeAway(notification.id);
  });
  feed.addEventListener("deleted", ({ detail }) => takeAway(detail.id));
}

const register = () => navigator.serviceWorker.register("/sw.js");

async function show(notification) {
  const { id, url } = notification;
  const { title, message } = told(notification);
  await register();
  const worker = await navigator.serviceWorker.ready;
  const icon = document.querySelector("link[rel=icon]")?.href;
  await worker.showNotification(title, { body: message, tag: id, icon, data: { id, url } });
}

async function takeAway(tag) {
  if (!allowed()) return;
  const worker = await navigator.serviceWorker.getRegistration();
  for (const shown of (await worker?.getNotifications({ tag })) ?? []) shown.close();
}

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
    if (allowed()) await register();
    write();
  });
  write();
}
