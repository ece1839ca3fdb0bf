/**
 * A file that is taken in: its part of the page is asked for anew every second, and the whole page
 * when it has ended. Said aloud is no more than each tenth of it.
 *
 *   <section id="import-progress" data-progress="/imports/7/progress/" data-at-work data-state="running">
 */
import { page } from "./api.js";

const EVERY = 1_000; // milliseconds
const HIDDEN = 10_000; // where nobody looks, and where the server does not answer
const TENTH = 10;

const section = document.getElementById("import-progress");
const announcer = document.querySelector("[data-announce]");
const state = section.dataset.state;
let said = tenth(section);

function tenth(element) {
  return Math.floor(Number(element.querySelector("[data-said]")?.dataset.said ?? 0) / TENTH);
}

async function ask() {
  const fresh = (await page(section.dataset.progress)).getElementById("import-progress");
  if (fresh.dataset.state !== state || !("atWork" in fresh.dataset)) {
    location.reload();
    return;
  }
  section.replaceChildren(...fresh.childNodes);
  if (tenth(section) !== said) {
    said = tenth(section);
    announcer.textContent = section.querySelector("[data-said]").textContent;
  }
  next(document.hidden ? HIDDEN : EVERY);
}

const next = (milliseconds) => setTimeout(() => ask().catch(() => next(HIDDEN)), milliseconds);

if ("atWork" in section.dataset) next(EVERY);
