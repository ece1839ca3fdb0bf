/**
 * Moving a card of the board: dragged, by `[` and `]` while it has the focus, or by its choice of
 * stages. One POST that says where it was seen; what the server answers is said, and the card goes
 * where it really is.
 *
 * `moves(root, bring)` returns `dragging()`, and `turn(id)`, which changes with every move from here: what
 * was asked for in another turn is no news of that card.
 */
import { submit } from "./api.js";
import { columnOf, follower } from "./board-places.js";

const STEPS = { "[": -1, "]": 1 };

export function moves(root, bring) {
  const stages = () => [...root.querySelectorAll("[data-column]")].map(({ dataset }) => dataset.column);
  const said = document.querySelector("[data-board-said]");
  const turns = new Map(); // id -> how often it was moved
  const wanted = new Map(); // id -> the stage where it shall be, while a move is under way
  let dragged = null;

  function say(words, refused = false) {
    said.textContent = words;
    said.toggleAttribute("data-refused", refused);
  }

  async function move(card, stage) {
    const { lead, stage: seen } = card.dataset;
    if (!("movable" in card.dataset)) return say(card.querySelector(".card-fixed").textContent, true);
    if (stage === seen) return;
    const name = card.querySelector("[data-focus=open]").textContent;
    turns.set(lead, (turns.get(lead) ?? 0) + 1);
    shift(root, card, stage);
    const underway = wanted.has(lead);
    wanted.set(lead, stage);
    if (underway) return; // it goes there once the move before is answered
    const { at, status, body } = await follow(lead, seen);
    if (status === 200) {
      const where = columnOf(root, at).querySelector("[data-column-name]").textContent;
      say(root.dataset.sayMoved.replace("{name}", name).replace("{stage}", where));
    } else {
      say(body?.detail ? `${name}: ${body.detail}` : root.dataset.sayFailed, true);
      shift(root, card, body?.stage ?? at);
    }
    delete card.dataset.busy;
    if (status) await bring(lead);
  }

  /** One move after the other, until the lead is where it was last wanted or a move fails. */
  async function follow(lead, at) {
    const path = root.dataset.move.replace("/0/", `/${lead}/`);
    let answer;
    do {
      const stage = wanted.get(lead);
      answer = await submit(path, { stage, seen: at }).catch(() => ({ status: 0 }));
      if (answer.status === 200) at = stage;
    } while (answer.status === 200 && wanted.get(lead) !== at);
    wanted.delete(lead);
    return { ...answer, at };
  }

  root.addEventListener("keydown", (event) => {
    const card = event.target.closest("[data-lead]");
    const step = STEPS[event.key];
    if (!card || !step || event.ctrlKey || event.metaKey || event.target.matches("select")) return;
    event.preventDefault();
    const all = stages();
    const stage = all[all.indexOf(card.dataset.stage) + step];
    if (stage) move(card, stage);
  });
  root.addEventListener("submit", (event) => {
    if (!event.target.matches(".card-move")) return;
    event.preventDefault();
    move(event.target.closest("[data-lead]"), event.target.elements.stage.value);
  });
  drags(root, {
    begin: (card) => (dragged = card),
    end: () => (dragged = null),
    drop: (card, stage) => move(card, stage),
  });
  return { dragging: () => dragged !== null, turn: (id) => turns.get(String(id)) };
}

/** At once, before the server has said anything. */
function shift(root, card, stage) {
  const focus = card.contains(document.activeElement) && document.activeElement;
  const column = columnOf(root, stage);
  column.querySelector("[data-cards]").insertBefore(card, follower(column, card.dataset));
  card.dataset.stage = stage;
  card.dataset.busy = "";
  if (!focus) return;
  focus.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** The browser's own drag and drop: a line shows where the card will be. */
function drags(root, { begin, end, drop }) {
  const line = document.createElement("li");
  line.className = "landing";
  line.setAttribute("aria-hidden", "true");
  let card = null;

  function over(column) {
    root.querySelector("[data-target]")?.removeAttribute("data-target");
    line.remove();
    if (!column || column.dataset.column === card?.dataset.stage) return;
    column.setAttribute("data-target", "");
    column.querySelector("[data-cards]").insertBefore(line, follower(column, card.dataset));
  }

  root.addEventListener("dragstart", (event) => {
    card = event.target.closest?.("[data-movable]");
    if (!card) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.querySelector("[data-focus=open]").href);
    card.dataset.dragged = "";
    begin(card);
  });
  root.addEventListener("dragover", (event) => {
    const column = card && event.target.closest("[data-column]");
    if (!column) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (!column.hasAttribute("data-target")) over(column);
  });
  root.addEventListener("drop", (event) => {
    const column = card && event.target.closest("[data-column]");
    if (!column) return;
    event.preventDefault();
    drop(card, column.dataset.column);
  });
  root.addEventListener("dragend", () => {
    over(null);
    if (card) delete card.dataset.dragged;
    card = null;
    end();
  });
}
