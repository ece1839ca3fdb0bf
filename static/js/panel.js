/**
 * What the bell discloses: a fragment of the server, fetched when it opens and again when something
 * happens.
 */
import { items } from "./items.js";
import { seen } from "./seen.js";
import { refill, settled } from "./swap.js";

/** Answers with what fills it. */
export function panel(place, { feed, isOpen }) {
  const list = place.querySelector("[data-panel-list]");
  const fill = () => refill(list, list.dataset.src).then(() => isOpen() && seen(list), console.error);
  const fillSoon = settled(() => isOpen() && fill(), 150);

  items(feed);
  list.addEventListener("toggle", () => seen(list), { capture: true }); // what was folded is on show
  tabs(place, list, fill);
  for (const name of ["notification", "updated", "deleted", "bulk", "reset"]) {
    feed.addEventListener(name, fillSoon);
  }
  return fill;
}

/** Unread | All: links that choose what the list is filled from. */
function tabs(place, list, fill) {
  place.querySelectorAll("[data-panel-tab]").forEach((tab) =>
    tab.addEventListener("click", () => {
      list.dataset.src = tab.dataset.panelTab;
      place.querySelectorAll("[data-panel-tab]").forEach((other) =>
        other.setAttribute("aria-pressed", String(other === tab)),
      );
      fill();
    }),
  );
}
