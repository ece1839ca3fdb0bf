/**
 * Pages of leads that keep up. Leads are not sequenced, so after every gap the page is asked for anew.
 *
 *   <div data-leads-live data-row="/leads/0/row/" data-first-page>   the list: rows come and go
 *     <tbody data-leads> <tr data-lead="ID">
 *   <button data-leads-pill hidden>             "3 new leads", where one has scrolled
 *   <section id data-refill-on-leads>           anything else about leads: filled anew
 *   <p data-lead-gone hidden>                   shown when the lead of this page was deleted
 *   <p data-lead-moved hidden><a></p>           and with a link to the other, when it was merged
 */
import { page } from "./api.js";
import { refill, settled, swapped } from "./swap.js";
import { counted } from "./texts.js";

const SCROLLED = 120; // pixels
const BURST = 5; // more leads than this at a time, and the list is asked for once
const HIGHLIGHT = 2_000; // milliseconds
const SLICE = 10; // rows, and
const FRAME = 30; // milliseconds until the next

export function leadsLive(feed) {
  const list = document.querySelector("[data-leads-live]");
  if (list) liveList(feed, list);
  document.querySelectorAll("[data-refill-on-leads]").forEach((section) => {
    const fill = settled(() => refill(section).then(present, missing), 200);
    feed.addEventListener("lead", ({ detail }) => concerns(section, detail) && fill());
    feed.addEventListener("notification", ({ detail: { notification } }) => {
      const only = section.dataset.refillOnLeads;
      if (only && only === String(notification.relatedLeadId)) fill();
    });
    feed.addEventListener("caught-up", fill);
  });
}

/** A section says which lead it is about; one that says none is about all. */
function concerns(section, { lead, id }) {
  const only = section.dataset.refillOnLeads;
  return !only || only === String(lead?.id ?? id);
}

/** It may be back: a merge can be undone. */
function present() {
  for (const notice of document.querySelectorAll("[data-lead-gone], [data-lead-moved]")) notice.hidden = true;
}

function missing(error) {
  const gone = document.querySelector("[data-lead-gone]");
  const moved = document.querySelector("[data-lead-moved]");
  const to = error.body?.movedTo;
  if (moved && to && /^\/leads\/\d+\/$/.test(new URL(to).pathname)) {
    moved.querySelector("a").href = to;
    moved.hidden = false;
    return;
  }
  if (error.status === 404 && gone) gone.hidden = false;
  else console.error(error);
}

function liveList(feed, list) {
  const pill = document.querySelector("[data-leads-pill]");
  const arrived = new Set(); // ids that came and are not shown yet
  const changed = new Set(); // ids whose rows are not what they show any more
  let work = Promise.resolve(); // one change of the list after the other, in the order they came
  const next = (change) => (work = work.then(change).catch(console.error));
  const rowOf = (id) => list.querySelector(`[data-lead="${id}"]`);
  const rows = () => list.querySelector("[data-leads]");

  async function fetched(id) {
    const path = list.dataset.row.replace("/0/", `/${id}/`) + location.search;
    return (await page(path))?.querySelector("[data-lead]");
  }

  async function replace(id) {
    const old = rowOf(id);
    if (!old) return;
    const row = await fetched(id);
    if (row) old.replaceWith(row);
    else old.remove();
    swapped(list);
  }

  async function catchUp() {
    const ids = [...changed].filter(rowOf);
    changed.clear();
    if (ids.length > BURST) await refillInSlices(list);
    else for (const id of ids) await replace(id);
  }

  async function bringOne(id) {
    const row = await fetched(id);
    rowOf(id)?.remove();
    if (row) rows().prepend(row);
  }

  async function bringIn() {
    pill.hidden = true;
    const ids = [...arrived].sort((a, b) => a - b);
    arrived.clear();
    if (ids.length > BURST || !rows()) await refillInSlices(list);
    else for (const id of ids) await bringOne(id);
    ids.map(rowOf).forEach(highlight);
    swapped(list);
  }

  const come = settled(() => {
    if (scrollY < SCROLLED) return next(bringIn);
    pill.textContent = counted("newLeads", arrived.size);
    pill.hidden = false;
  }, 50);

  const keepUp = settled(() => next(catchUp), 50);

  pill.addEventListener("click", () => {
    scrollTo({ top: 0 });
    next(bringIn);
  });
  feed.addEventListener("lead", ({ detail: { action, lead, id } }) => {
    if (action === "remove") rowOf(id)?.remove(), arrived.delete(id), changed.delete(id);
    else if (action === "change") changed.add(lead.id), keepUp();
    else if ("firstPage" in list.dataset) arrived.add(lead.id), come();
  });
  feed.addEventListener("caught-up", settled(() => next(() => refill(list)), 200));
}

/** A whole table of new rows takes a slow machine longer to lay out than a person waits without noticing:
 * so they come in slices. */
async function refillInSlices(list) {
  const old = new Set(list.querySelectorAll("[data-lead]"));
  await refill(list);
  const fresh = [...list.querySelectorAll("[data-lead]")].filter((row) => !old.has(row)).slice(SLICE);
  if (document.hidden) return;
  fresh.forEach((row) => (row.hidden = true));
  while (fresh.length) {
    await new Promise((resolve) => setTimeout(resolve, FRAME));
    fresh.splice(0, SLICE).forEach((row) => (row.hidden = false));
  }
}

function highlight(row) {
  row?.setAttribute("data-new", "");
  setTimeout(() => row?.removeAttribute("data-new"), HIGHLIGHT);
}
