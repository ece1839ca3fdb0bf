/**
 * Fills an element anew from the server, which is the only source of HTML: the element with the same
 * id in the page at `path` gives its content and its data. Keeps the focus on the same thing and open
 * what was unfolded, and tells the document (`leadbell:swapped`). Of calls that overlap, the last one wins.
 */
import { page } from "./api.js";

const latest = new WeakMap();

export async function refill(element, path = location.href) {
  const turn = {};
  latest.set(element, turn);
  const fresh = (await page(path))?.getElementById(element.id);
  if (!fresh || latest.get(element) !== turn) return;
  const focused = addressOf(element, document.activeElement);
  const open = [...element.querySelectorAll("details[open][data-key]")].map(({ dataset }) => dataset.key);
  element.replaceChildren(...fresh.childNodes);
  Object.assign(element.dataset, { ...fresh.dataset });
  for (const details of element.querySelectorAll("details[data-key]")) {
    details.open = open.includes(details.dataset.key);
  }
  if (focused) (element.querySelector(focused) ?? element.querySelector("a[href]"))?.focus();
  swapped(element);
}

/** Says that `element` has new content: ages are written, pending deletions hidden. */
export function swapped(element) {
  element.dispatchEvent(new CustomEvent("leadbell:swapped", { bubbles: true }));
}

/** `action` once for any number of calls within `milliseconds`. */
export function settled(action, milliseconds) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      action();
    }, milliseconds);
  };
}

function addressOf(element, active) {
  const row = active?.closest?.("[data-key]");
  if (!row || !element.contains(row)) return null;
  const name = active.dataset.focus;
  return `[data-key="${row.dataset.key}"] ${name ? `[data-focus="${name}"]` : "a, button"}`;
}
