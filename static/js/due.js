/**
 * Whether the next task of a lead is late, due today or later, in the reader's own zone, kept current.
 *
 *   <span class="next" data-next="today" data-due="…">
 */
import { text } from "./texts.js";

const LATE = "late";
const TODAY = "today";
const LATER = "later";
const WORDS = { [LATE]: "taskLate", [TODAY]: "taskToday", [LATER]: "taskLater" };

function stateOf(due, now) {
  if (due < now) return LATE;
  return due.toDateString() === now.toDateString() ? TODAY : LATER;
}

function write(dot) {
  const state = stateOf(new Date(dot.dataset.due), new Date());
  if (state === dot.dataset.next) return;
  dot.dataset.next = state;
  dot.title = dot.firstElementChild.textContent = text(WORDS[state]);
}

export function dueDates() {
  const all = (root = document) => root.querySelectorAll("[data-next][data-due]").forEach(write);
  all();
  setInterval(() => all(), 15_000);
  document.addEventListener("leadbell:swapped", ({ target }) => all(target));
}
