/** What the page of one lead runs beside what every page does. */
import { facts } from "./facts.js";
import { inplace } from "./inplace.js";

/** A link to an entry that is not on this part of the timeline goes to the part that has it. */
function entryOfAddress() {
  const [, entry] = location.hash.match(/^#entry-(\d+)$/) ?? [];
  const asked = new URLSearchParams(location.search).get("entry");
  if (!entry || entry === asked || document.getElementById(`entry-${entry}`)) return;
  location.replace(`?entry=${entry}${location.hash}`);
}

inplace();
facts();
entryOfAddress();
addEventListener("hashchange", entryOfAddress);
