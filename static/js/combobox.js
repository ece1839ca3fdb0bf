/**
 * A text field with a list of what it may mean: the combobox pattern. The focus stays in the field;
 * arrows choose, Enter takes, Escape closes.
 *
 *   combobox(input, list, { find, choose })
 *
 * `find(text, show)` shows options `{label, detail, …}`, and again when it knows more; what a call that
 * is not the last one shows does not count.
 * `choose(option)` is told which was taken. `onlyWhenOpen` leaves the arrows to a text of several lines
 * until there is something to choose from.
 */
import { text } from "./texts.js";

export function combobox(input, list, { find, choose, closed = () => {}, onlyWhenOpen = false }) {
  let options = [];
  let at = -1;
  let turn = 0;

  const isOpen = () => !list.hidden;

  function point(to) {
    at = options.length ? (to + options.length) % options.length : -1;
    [...list.children].forEach((row, place) => {
      row.setAttribute("aria-selected", String(place === at));
      if (place === at) row.scrollIntoView({ block: "nearest" });
    });
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[at].id);
  }

  function close() {
    turn += 1;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    closed();
  }

  async function open(first = 0) {
    const mine = (turn += 1);
    at = first;
    await find(input.value.trim(), (found) => mine === turn && fill(found));
    if (mine === turn) say(options.length ? "" : text("nothingFound"));
  }

  function fill(found) {
    options = found;
    list.replaceChildren(...options.map((option, place) => row(option, `${list.id}-${place}`)));
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(options.length > 0));
    say("");
    point(Math.min(at, options.length - 1));
  }

  function say(words) {
    const place = list.parentElement.querySelector("[data-combobox-said]");
    if (place) place.textContent = words;
  }

  const keys = {
    ArrowDown: () => (isOpen() ? point(at + 1) : open()),
    ArrowUp: () => (isOpen() ? point(at - 1) : open(-1)),
    Enter: () => isOpen() && at >= 0 && take(at),
    Escape: () => isOpen() && close(),
  };

  function take(place) {
    const option = options[place];
    close();
    choose(option);
    return true;
  }

  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || !keys[event.key]) return;
    if (onlyWhenOpen && !isOpen()) return;
    const done = keys[event.key]();
    if (done !== false && event.key === "Escape") event.stopPropagation(); // it has closed this
    if (done !== false || event.key.startsWith("Arrow")) event.preventDefault();
  });
  input.addEventListener("input", () => open().catch(console.error));
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const place = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (place >= 0) take(place);
  });
  return { open, close };
}

function row({ label, detail }, id) {
  const item = document.createElement("li");
  item.id = id;
  item.setAttribute("role", "option");
  item.append(part("option-label", label));
  if (detail) item.append(" ", part("option-detail", detail));
  return item;
}

function part(name, words) {
  const span = document.createElement("span");
  span.className = name;
  span.dir = "auto";
  span.textContent = words;
  return span;
}
