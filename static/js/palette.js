/**
 * Ctrl+K: goes anywhere. The pages stand in the list of the template, the leads are asked for.
 *
 *   <dialog data-palette> with [data-palette-input], [data-palette-list]
 *   <template data-palette-pages> <a href data-words="other words">Tasks</a>
 *   <button data-palette-open>
 */
import { combobox } from "./combobox.js";
import { leadsCalled } from "./lead-search.js";
import { text } from "./texts.js";

export function palette() {
  const dialog = document.querySelector("[data-palette]");
  if (!dialog) return;
  const input = dialog.querySelector("[data-palette-input]");
  const known = pages();

  async function find(words, show) {
    const here = known.filter(({ label, words: others }) => begins(`${label} ${others}`, words));
    const search = { label: text("searchFor", { words }), href: `/leads/?${new URLSearchParams({ search: words })}` };
    const always = words.length > 1 ? [search] : [];
    show([...here, ...always]);
    show([...here, ...(await leadsCalled(words).catch(() => [])), ...always]);
  }

  const box = combobox(input, dialog.querySelector("[data-palette-list]"), {
    find,
    choose: ({ href }) => {
      dialog.close();
      location.assign(href);
    },
    closed: () => dialog.open && dialog.close(),
  });

  function show() {
    if (dialog.open || document.querySelector("dialog[open]")) return;
    input.value = "";
    dialog.showModal();
    input.focus();
    box.open().catch(console.error);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else show();
  });
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  document.querySelectorAll("[data-palette-open]").forEach((button) => button.addEventListener("click", show));
}

function pages() {
  const links = document.querySelector("[data-palette-pages]").content.querySelectorAll("a");
  return [...links].map((link) => ({
    label: link.textContent,
    detail: link.dataset.detail ?? "",
    words: link.dataset.words ?? "",
    href: link.getAttribute("href"),
  }));
}

/** Whether some word of the text begins with each of the typed ones. */
function begins(all, words) {
  const there = all.toLowerCase().split(/\s+/);
  const typed = words.toLowerCase().split(/\s+/).filter(Boolean);
  return typed.every((word) => there.some((one) => one.startsWith(word)));
}
