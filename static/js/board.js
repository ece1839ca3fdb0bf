/**
 * The pipeline board, kept up for everybody who has it open. Cards come from the server, which alone
 * knows where they are; how they are moved is board-moves.js's.
 *
 *   <div id data-board data-card="/leads/0/card/" data-move="/leads/0/stage/" data-counts="…">
 *     <section id data-column="STAGE">
 *       <span data-count>  <ol data-cards> <li data-lead="ID" data-stage data-order data-movable>
 *       <a data-rest>      the column has more leads than cards
 *       <a data-more>      brings them, without leaving the page
 */
import { call, page } from "./api.js";
import { moves } from "./board-moves.js";
import { cardOf, columnOf, follower } from "./board-places.js";
import { refill, settled, swapped } from "./swap.js";

const BURST = 8; // more leads than this at a time, and the board is asked for once
const HIGHLIGHT = 2_000; // milliseconds

export function board(feed) {
  const root = document.querySelector("[data-board]");
  if (!root) return;
  const changed = new Set(); // ids whose cards are not what they show any more
  let work = Promise.resolve(); // one change of the board after the other
  const next = (change) => (work = work.then(change).catch(console.error));
  const { dragging, turn } = moves(root, bring);

  async function fresh(id) {
    const path = root.dataset.card.replace("/0/", `/${id}/`) + location.search;
    return (await page(path))?.querySelector("[data-lead]");
  }

  /** The card as it is now, where it is now. */
  async function bringOne(id, { kept = false } = {}) {
    const asked = turn(id);
    const card = await fresh(id);
    if (turn(id) !== asked) return; // it moved on from here: that move asks again
    const old = cardOf(root, id);
    const focus = old?.contains(document.activeElement) && document.activeElement.dataset.focus;
    if (card) put(root, card, old, kept);
    else old?.remove();
    if (card && old?.dataset.stage !== card.dataset.stage && !kept) highlight(card);
    if (focus) card?.querySelector(`[data-focus="${focus}"]`)?.focus();
    swapped(root);
  }

  function bring(id) {
    count();
    return next(() => bringOne(id, { kept: true }));
  }

  async function catchUp() {
    if (dragging()) return soon();
    const ids = [...changed];
    changed.clear();
    if (ids.length > BURST) await refill(root);
    else for (const id of ids) await bringOne(id);
  }

  async function recount() {
    const counts = await call("GET", root.dataset.counts + location.search);
    for (const [stage, number] of Object.entries(counts)) {
      columnOf(root, stage).querySelector("[data-count]").textContent = number;
    }
  }

  const soon = settled(() => next(catchUp), 100);
  const count = settled(() => next(recount), 300);
  const again = settled(() => (dragging() ? again() : next(() => refill(root))), 200);

  feed.addEventListener("lead", ({ detail: { action, lead, id } }) => {
    count();
    if (action === "remove") return changed.delete(id), cardOf(root, id)?.remove();
    changed.add(lead.id);
    soon();
  });
  feed.addEventListener("caught-up", again);
  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-more]");
    if (!link) return;
    event.preventDefault();
    history.replaceState(history.state, "", new URL(link.href).search);
    next(() => refill(link.closest("[data-column]")));
  });
}

/** Where the column goes on beyond its cards, one that belongs there is not shown, unless `kept`. */
function put(root, card, old, kept) {
  const column = columnOf(root, card.dataset.stage);
  const before = follower(column, card.dataset);
  const beyond = !before && column.querySelector("[data-rest]");
  if (old && old.dataset.stage === card.dataset.stage && old.closest("[data-column]") === column) {
    old.replaceWith(card);
    return;
  }
  old?.remove();
  if (!beyond || kept) column.querySelector("[data-cards]").insertBefore(card, before);
}

function highlight(card) {
  card.setAttribute("data-new", "");
  setTimeout(() => card.removeAttribute("data-new"), HIGHLIGHT);
}
