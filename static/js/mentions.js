/**
 * Mentioning people while one writes: `@` offers those who work here.
 *
 *   <textarea data-mentions>
 */
import { call } from "./api.js";
import { combobox } from "./combobox.js";
import { text } from "./texts.js";

const LETTERS = "[\\p{L}\\p{N}_.'’-]*";
const TOKEN = new RegExp(`(?<![\\p{L}\\p{N}_@.])@(${LETTERS}(?: ${LETTERS})?)$`, "u");
const OFFERED = 6;
const OPEN = { "aria-autocomplete": "list", "aria-haspopup": "listbox" };

let everybody = null;

async function people() {
  const found = [];
  let path = "/api/users/?pageSize=200";
  while (path) {
    const { results, next } = await call("GET", path);
    found.push(...results);
    path = next && new URL(next, location.href).pathname + new URL(next, location.href).search;
  }
  const me = Number(document.body.dataset.user);
  return found
    .filter(({ id }) => id !== me)
    .map(({ firstName, lastName }) => ({ label: `${firstName} ${lastName}`.trim() }))
    .filter(({ label }) => label)
    .sort((a, b) => a.label.localeCompare(b.label));
}

const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** A name, or a part of it, begins like that. */
const begins = (label, words) => plain(label).startsWith(words) || plain(label).split(" ").some((part) => part.startsWith(words));

/** What is written of a name before the caret; null where none is. */
const begun = (area) => area.value.slice(0, area.selectionStart).match(TOKEN)?.[1] ?? null;

function attach(area) {
  const list = Object.assign(document.createElement("ul"), { id: `${area.id}-people`, className: "options", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", text("people"));
  area.after(list);

  /** A text area says that it offers something only while it does. It may be no combobox, which alone unfolds. */
  function dress() {
    for (const [name, value] of Object.entries({ ...OPEN, "aria-controls": list.id })) {
      if (list.hidden) area.removeAttribute(name);
      else area.setAttribute(name, value);
    }
    area.removeAttribute("aria-expanded");
  }

  async function find(_, show) {
    const words = begun(area);
    if (words === null) show([]);
    else {
      everybody ??= people();
      const all = await everybody.catch(() => (everybody = null) ?? []);
      show(all.filter(({ label }) => begins(label, plain(words))).slice(0, OFFERED));
    }
    dress();
  }

  function choose({ label }) {
    const end = area.selectionStart;
    const start = end - begun(area).length;
    const after = /^\s/.test(area.value.slice(end)) ? "" : " ";
    area.setRangeText(label + after, start, end, "end");
  }

  const box = combobox(area, list, { find, choose, closed: dress, onlyWhenOpen: true });
  area.addEventListener("blur", () => box.close());
}

export function mentions() {
  const attached = new WeakSet();
  document.addEventListener("focusin", ({ target }) => {
    if (!target.matches("[data-mentions]") || attached.has(target)) return;
    attached.add(target);
    attach(target);
  });
  const area = document.activeElement;
  if (area?.matches?.("[data-mentions]")) area.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
}
