/** The history page, live: its list is filled anew when something happens to it. */
import { refill, settled } from "./swap.js";

export function inbox(feed) {
  const list = document.querySelector("[data-inbox]");
  if (!list) return;
  const fill = settled(() => refill(list).catch(console.error), 200);
  for (const name of ["notification", "updated", "deleted", "bulk", "reset", "caught-up"]) {
    feed.addEventListener(name, fill);
  }
}
