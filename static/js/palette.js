/**
 * The palette goes anywhere. The pages stand in the list of the template, the leads are asked for. How it
 * is opened is palette-open.js's.
 *
 *   <dialog data-palette> with [data-palette-input], [data-palette-list]
 *   <template data-palette-pages> <a href data-words="other words">Tasks</a>
 */
import { combobox } from "./combobox.js";
import { leadsCalled } from "./lead-search.js";
import { text } from "./texts.js";

/** Answers with what lists where one may go, by what was typed until then. */
export function palette(dialog, input) {
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

  return box.open;
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
