/**
 * `j` and `k` go from lead to lead of the list, where `x` selects and Enter opens. On the page of a lead
 * the same keys press the links to its neighbours (keys.js).
 *
 *   <tbody data-leads> <tr class="lead-row"> <a data-focus="open" href>
 */

const STEPS = { j: 1, k: -1 };

export function rows() {
  document.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (!STEPS[key] || ctrlKey || metaKey || altKey) return;
    if (target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    const links = [...document.querySelectorAll("[data-leads] .lead-row [data-focus=open]")];
    if (!links.length || document.querySelector("dialog[open]")) return;
    const here = links.indexOf(target.closest(".lead-row")?.querySelector("[data-focus=open]"));
    links[Math.max(0, Math.min(links.length - 1, here + STEPS[key]))].focus();
    event.preventDefault();
  });
}
