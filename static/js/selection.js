/**
 * Leads selected in the list. The form that acts on them is shown by the stylesheet as soon as one is;
 * this keeps the selection when rows are filled anew, counts it, and selects by `x` and all at once.
 *
 *   <input type="checkbox" name="lead" value="ID">   in a row
 *   <input type="checkbox" data-select-all>          <button data-select-none>
 *   <p data-selected>                                "3 selected"
 */
import { counted } from "./texts.js";

export function selection() {
  const said = document.querySelector("[data-selected]");
  if (!said) return;
  const selected = new Set(); // ids
  const boxes = () => [...document.querySelectorAll("input[name=lead][form=bulk]")];
  const all = () => document.querySelector("[data-select-all]");

  function say() {
    const shown = boxes().filter(({ checked }) => checked).length;
    said.textContent = shown ? counted("selected", shown) : "";
    if (!all()) return;
    all().checked = shown > 0 && shown === boxes().length;
    all().indeterminate = shown > 0 && !all().checked;
  }

  function set(box, checked) {
    box.checked = checked;
    if (checked) selected.add(box.value);
    else selected.delete(box.value);
  }

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-select-all]")) boxes().forEach((box) => set(box, target.checked));
    else if (target.matches("input[name=lead][form=bulk]")) set(target, target.checked);
    else return;
    say();
  });
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-select-none]")) return;
    boxes().forEach((box) => set(box, false));
    say();
    all()?.focus();
  });
  document.addEventListener("keydown", ({ key, target, ctrlKey, metaKey, altKey }) => {
    const box = key === "x" && target.closest?.(".lead-row")?.querySelector("input[name=lead]");
    if (!box || ctrlKey || metaKey || altKey) return;
    set(box, !box.checked);
    say();
  });
  document.addEventListener("leadbell:swapped", () => {
    boxes().forEach((box) => (box.checked = selected.has(box.value)));
    say();
  });
}
