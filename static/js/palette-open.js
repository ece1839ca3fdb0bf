/**
 * Ctrl+K, or a button, opens the palette at once; what fills it (palette.js) comes with the first time.
 *
 *   <dialog data-palette> with [data-palette-input]
 *   <button data-palette-open>
 */
let filled = null;

async function show() {
  const dialog = document.querySelector("[data-palette]");
  if (!dialog || document.querySelector("dialog[open]")) return;
  const input = dialog.querySelector("[data-palette-input]");
  input.value = "";
  dialog.showModal();
  input.focus();
  filled ??= import("./palette.js").then(({ palette }) => palette(dialog, input));
  try {
    const fill = await filled;
    if (dialog.open) await fill();
  } catch (error) {
    filled = null; // the next time it is asked for again
    console.error(error);
  }
}

export function opensPalette() {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    const dialog = document.querySelector("[data-palette]");
    if (dialog?.open) dialog.close();
    else show();
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-palette-open]")) show();
    if (target.matches("[data-palette]")) target.close(); // beside what is in it
  });
}
