/** The history page, live: its list is filled anew when something happens to it. */
import { seen } from "./seen.js";
import { refill, settled } from "./swap.js";

export function inbox(feed) {
  const list = document.querySelector("[data-inbox]");
  if (!list) return;
  const fill = settled(() => refill(list).then(() => seen(list), console.error), 200);
  seen(list);
  list.addEventListener("toggle", () => seen(list), { capture: true }); // what was folded is on show
  for (const name of ["notification", "updated", "deleted", "bulk", "reset", "caught-up"]) {
    feed.addEventListener(name, fill);
  }
}
