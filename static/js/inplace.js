/**
 * Forms of the lead's page, sent without leaving it.
 *
 *   <form data-inplace="ID">            an answer that is no redirect has something to say: it gives #ID
 *                                       anew. After a redirect the page is filled anew
 *   <a data-swap="ID" href>             gives #ID as the page at href has it
 *   <template data-not-saved>           what is said beside a form that did not get through
 *   <template data-not-allowed>
 *   <template data-not-there>           where what it is about was deleted meanwhile, and the lead itself,
 *   <template data-not-there-lead>
 *   <template data-not-there-merged>    or merged: its <a> leads to the lead that was kept
 *
 * Ctrl+Enter or Cmd+Enter sends what one writes.
 */
import { page, sent } from "./api.js";
import { fill, refill, swapped } from "./swap.js";

const root = () => document.querySelector("[data-refill-on-leads]");

export function inplace() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-inplace]");
    if (!form) return;
    event.preventDefault();
    send(form, event.submitter);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.target.closest("form[data-inplace]")?.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-swap]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    swapOne(link.dataset.swap, link.href).catch(() => location.assign(link.href));
  });
}

async function send(form, submitter) {
  if (form.hasAttribute("aria-busy")) return; // it is on its way
  form.setAttribute("aria-busy", "true");
  const id = form.dataset.inplace;
  const words = wordsOf(form);
  try {
    const { done, status, document: answer } = await sent(form, submitter);
    if (done) await show(id, answer, wordsOf(form) === words);
    else if (answer.getElementById(id)) replace(id, answer);
    else fail(form, reason(status, answer), answer.querySelector("[data-heir]"));
  } catch (error) {
    console.error(error);
    delete document.getElementById(id)?.dataset.release;
    fail(form, "data-not-saved");
  } finally {
    form.removeAttribute("aria-busy");
  }
}

const wordsOf = (form) => String(new URLSearchParams(new FormData(form)));

/** The answer is the page as it is now, unless this one shows another part of the timeline. */
async function show(id, answer, allSent) {
  const part = document.getElementById(id);
  if (part && allSent) part.dataset.release = ""; // else one went on writing: that stays
  const fresh = location.search ? null : answer.getElementById(root().id);
  part?.closest("details")?.removeAttribute("open");
  if (fresh) fill(root(), fresh);
  else await refill(root());
}

function replace(id, answer) {
  const fresh = answer.getElementById(id);
  exchange(id, fresh);
  (fresh.querySelector("[aria-invalid]") ?? fresh.querySelector("input:not([type=hidden]), textarea"))?.focus();
}

async function swapOne(id, path) {
  const fresh = (await page(path)).getElementById(id);
  exchange(id, fresh);
  const typed = fresh.querySelector("textarea") ?? fresh.querySelector("input:not([type=hidden])");
  (typed ?? fresh.querySelector("[data-focus=edit]"))?.focus();
}

/** While one waited for it, the page may have been filled anew: the old one is the one there now. */
function exchange(id, fresh) {
  document.getElementById(id)?.replaceWith(fresh);
  swapped(fresh);
}

function reason(status, answer) {
  if (status === 403) return "data-not-allowed";
  if (status !== 404) return "data-not-saved";
  if (answer.querySelector("[data-heir]")) return "data-not-there-merged";
  return answer.querySelector("[data-no-lead]") ? "data-not-there-lead" : "data-not-there";
}

/** Says it beside the form, which keeps what was typed. `heir` is the link to the lead that was kept. */
function fail(form, name, heir = null) {
  form.querySelectorAll("[data-failed]").forEach((old) => old.remove());
  const note = document.querySelector(`template[${name}]`).content.firstElementChild.cloneNode(true);
  note.dataset.failed = "";
  if (heir) note.querySelector("a").href = heir.getAttribute("href");
  form.append(note);
}
