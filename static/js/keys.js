/**
 * The keyboard: `/` searches, `?` lists the keys, `g` and a letter goes somewhere, other letters act.
 *
 *   <a data-go="l" href>    g l       <a data-key-press="n" href>    n
 *   <input data-search>     /         <dialog data-keys>             ?
 */

const SEQUENCE = 1_200; // milliseconds between the two keys of a pair

export const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

export function keys() {
  let before = null;
  let at = 0;

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || typing(target)) return;
    if (document.querySelector("dialog[open]")) return;
    const pair = before === "g" && Date.now() - at < SEQUENCE;
    [before, at] = [key, Date.now()];
    const action = pair ? goTo(key) : actions[key] ?? press(key);
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("click", ({ target }) => target.closest("[data-keys-open]") && actions["?"]());
}

const actions = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => document.querySelector("[data-keys]")?.showModal(),
};

const clickOn = (link) => link && (() => link.click());
const letter = (key) => /^[a-z]$/.test(key);
const goTo = (key) => letter(key) && clickOn(document.querySelector(`[data-go="${key}"]`));
const press = (key) => letter(key) && clickOn(document.querySelector(`[data-key-press="${key}"]`));
