/**
 * Small habits of a page.
 *
 *   <a data-dialog="ID" href>       opens the dialog instead of going to the page that asks the same
 *   <button data-dialog-close>      closes the dialog that it is in
 *   <button data-copy="TEXT">       copies, and says so
 *   <form data-auto>                is sent when a choice in it changes
 *   <details data-menu>             closes when one clicks elsewhere, or presses Escape
 */
import { text } from "./texts.js";

const SAID = 2_000; // milliseconds that "Copied" stands

export function pageHabits() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const copier = event.target.closest("[data-copy]");
    if (opener) open(event, opener);
    if (copier) copy(copier);
    event.target.closest("[data-dialog-close]")?.closest("dialog").close();
    closeMenus(event.target);
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && closeMenus(null));
  document.addEventListener("change", ({ target }) => {
    if (target.matches("select")) target.form?.closest("[data-auto]")?.requestSubmit();
  });
}

function open(event, opener) {
  const dialog = document.getElementById(opener.dataset.dialog);
  if (!dialog) return;
  event.preventDefault();
  dialog.showModal();
}

async function copy(button) {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return; // not allowed here: the text stands beside the button
  }
  button.textContent = text("copied");
  setTimeout(() => (button.textContent = words), SAID);
}

function closeMenus(target) {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (target && menu.contains(target)) return;
    if (!target && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  });
}
