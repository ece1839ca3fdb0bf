/**
 * What works from the first moment, before a page has all of its scripts: keys that go somewhere. What
 * takes those scripts is kept until `ready()`, and done then, in the order in which it was asked for:
 * clicks on buttons that do nothing by themselves, choices, and keys that act. All else is the browser's
 * own, and works without scripts.
 */
import { keys, typing } from "./keys.js";
import { opensPalette } from "./palette-open.js";
import { rows } from "./rows.js";

const ACTING = /^[x[\]]$/;
const ANY = /^[a-z?[\]]$/; // after one that is kept
const kept = [];

const takesScripts = {
  click: ({ target }) => target.closest?.("button[type=button]:not([data-palette-open], [data-keys-open])"),
  change: () => true,
  keydown: ({ key, target, ctrlKey, metaKey, altKey }) => {
    if (ctrlKey || metaKey) return key === "Enter" && typing(target);
    return !altKey && (kept.length ? ANY : ACTING).test(key) && !typing(target);
  },
};

function keep(event) {
  if (!takesScripts[event.type](event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  kept.push(event);
}

/** A key is for what has the focus by then, as it would be if it was pressed now. */
function again(event) {
  const target = event.type === "keydown" ? document.activeElement : event.target;
  if (target?.isConnected) target.dispatchEvent(new event.constructor(event.type, event));
}

export function ready() {
  for (const type of Object.keys(takesScripts)) removeEventListener(type, keep, { capture: true });
  kept.splice(0).forEach(again);
}

for (const type of Object.keys(takesScripts)) addEventListener(type, keep, { capture: true });
keys();
rows();
opensPalette();
performance.mark("leadbell:early");
