/**
 * Fills an element anew from the server, which is the only source of HTML: the element with the same
 * id in the page at `path` gives its content and its data. Keeps the focus on the same thing, leaves
 * what somebody is at and what was unfolded (held.js), and tells the document (`leadbell:swapped`). Of
 * calls that overlap, the last one wins.
 */
import { page } from "./api.js";
import { merge } from "./held.js";

const FEW = 2; // calls
const SLOWEST = 3_000; // milliseconds

const latest = new WeakMap();

export async function refill(element, path = location.href) {
  const turn = {};
  latest.set(element, turn);
  const fresh = (await page(path))?.getElementById(element.id);
  if (!fresh || latest.get(element) !== turn) return;
  fill(element, fresh);
}

/** Gives `element` what `fresh`, which is the same of a newer page, has. */
export function fill(element, fresh) {
  latest.set(element, fresh); // what was asked for before is older
  const active = document.activeElement;
  const focused = addressOf(element, active);
  Object.assign(element.dataset, { ...fresh.dataset });
  merge(element, fresh);
  if (focused && !active.isConnected) focus(element.querySelector(focused), element);
  swapped(element);
}

/** What cannot take the focus any more leaves it to what it belongs to. */
function focus(target, element) {
  target?.focus();
  if (target && document.activeElement === target) return;
  const opener = target?.closest("[data-key]")?.querySelector("[data-focus]");
  (opener ?? target?.closest("details")?.querySelector("summary") ?? element.querySelector("a[href]"))?.focus();
}

/** Says that `element` has new content: ages are written, pending deletions hidden. */
export function swapped(element) {
  element.dispatchEvent(new CustomEvent("leadbell:swapped", { bubbles: true }));
}

/** `action` once for any number of calls within `milliseconds`. Where many come within that, it is
 * longer the next time, up to SLOWEST: what keeps changing is not drawn anew all the while. */
export function settled(action, milliseconds) {
  let timer = null;
  let [calls, pause, ended] = [0, milliseconds, 0];

  function run() {
    timer = null;
    pause = calls > FEW ? Math.max(milliseconds, Math.min(2 * pause, SLOWEST)) : milliseconds;
    ended = Date.now();
    action();
  }
  return () => {
    calls = timer === null ? 1 : calls + 1;
    if (timer !== null) return;
    if (Date.now() - ended > 2 * pause) pause = milliseconds;
    timer = setTimeout(run, pause);
  };
}

function addressOf(element, active) {
  if (active?.id && active !== element && element.contains(active)) return `#${CSS.escape(active.id)}`;
  const row = active?.closest?.("[data-key]");
  if (!row || !element.contains(row)) return null;
  const name = active.dataset.focus;
  return `[data-key="${row.dataset.key}"] ${name ? `[data-focus="${name}"]` : ":is(a, button)"}`;
}
