/** What the page of one lead runs beside what every page does. */
import { facts } from "./facts.js";
import { inplace } from "./inplace.js";
import { mentions } from "./mentions.js";

/** A link to an entry that is not on this part of the timeline goes to the part that has it. */
function entryOfAddress() {
  const [, entry] = location.hash.match(/^#entry-(\d+)$/) ?? [];
  const asked = new URLSearchParams(location.search).get("entry");
  if (!entry || entry === asked || document.getElementById(`entry-${entry}`)) return;
  const query = new URLSearchParams(location.search);
  query.set("entry", entry);
  location.replace(`?${query}${location.hash}`);
}

/** Who unfolds a form wants to fill it in. */
function unfolded({ target }) {
  const details = target.closest("summary")?.parentElement;
  if (!details || details.open) return;
  requestAnimationFrame(() => details.querySelector("form :is(input:not([type=hidden]), textarea)")?.focus());
}

export function leadPage() {
  inplace();
  facts();
  mentions();
  entryOfAddress();
  addEventListener("hashchange", entryOfAddress);
  document.addEventListener("click", unfolded);
}
