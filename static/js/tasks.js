/**
 * Completing a task with one click, and five seconds to think again: the call is made when they are
 * over, or when the page is left, so that what is undone has rung for nobody.
 *
 *   <li data-task="ID">
 *     <button data-task-verb="complete|reopen|undo">   submits a form: all but "undo" work without scripts
 *   <p data-task-problem hidden>                       what went wrong
 */
import { call } from "./api.js";
import { text } from "./texts.js";

const SECONDS = 5;
const pending = new Map(); // task id -> timer

const verbs = {
  complete: (id, row) => {
    pending.set(id, setTimeout(() => completeNow(id), SECONDS * 1_000));
    show();
    row.querySelector("[data-task-verb=undo]").focus();
  },
  undo: (id, row) => {
    clearTimeout(pending.get(id));
    pending.delete(id);
    show();
    row.querySelector("[data-task-verb=complete]").focus();
  },
  reopen: (id) => mark(id, false),
};

async function completeNow(id) {
  clearTimeout(pending.get(id));
  await mark(id, true);
  pending.delete(id);
  show();
}

async function mark(id, completed) {
  const problem = document.querySelector("[data-task-problem]");
  try {
    await call("PATCH", `/api/tasks/${id}/`, { completed }, { keepalive: true });
    if (problem) problem.hidden = true;
    if (completed) remove(id);
  } catch (error) {
    if (!problem) throw error;
    problem.textContent = error.status === 404 ? text("taskGone") : error.status ? error.message : text("notSaved");
    problem.hidden = false;
  }
  document.dispatchEvent(new CustomEvent("leadbell:changed"));
}

/** It leaves at once; the focus that it had goes to its neighbour. */
function remove(id) {
  document.querySelectorAll(`[data-task="${id}"][data-completing]`).forEach((row) => {
    const beside = row.nextElementSibling ?? row.previousElementSibling;
    if (row.contains(document.activeElement)) beside?.querySelector("button, a")?.focus();
    row.remove();
  });
}

function show() {
  document.querySelectorAll("[data-task]").forEach((row) => {
    row.toggleAttribute("data-completing", pending.has(row.dataset.task));
  });
}

export function tasks() {
  document.addEventListener("submit", (event) => {
    const verb = event.submitter?.dataset.taskVerb;
    if (!verbs[verb]) return;
    event.preventDefault();
    const row = event.target.closest("[data-task]");
    verbs[verb](row.dataset.task, row);
  });
  document.addEventListener("leadbell:swapped", show);
  addEventListener("pagehide", () => [...pending.keys()].forEach(completeNow));
}
