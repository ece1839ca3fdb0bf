/** Tells the server which of the items in `list` were on show: once each, as a receipt. */
import { notifications } from "./api.js";

const MOST = 200; // ids in one call

export function seen(list) {
  if (document.visibilityState !== "visible") return;
  const there = [...list.querySelectorAll("[data-unseen]")];
  const items = there.filter((item) => item.checkVisibility()).slice(0, MOST);
  if (!items.length) return;
  items.forEach((item) => item.removeAttribute("data-unseen"));
  notifications.seen(items.map((item) => item.dataset.notification)).catch(console.error);
}
