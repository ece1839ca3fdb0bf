/**
 * Brings newer content into a page in which somebody is writing.
 *
 *   <form id data-hold>           stays as it is while what was typed there differs from what came,
 *   <form id data-hold="focus">   or it has the focus,
 *   … data-open                   or it is open
 *
 * What has an id or a data-key and is what it was stays too, so that nothing moves under who reads; all
 * else is new. An open <details> with an id or a data-key stays open.
 */

const IN_FORMS = "input, select, textarea";
const NAMED = "[id], [data-key]";
const WRITTEN = ["title", "data-set", "data-late"]; // on times, by ages.js

export function merge(old, fresh) {
  const open = new Set(folds(old).filter((fold) => fold.open).map(nameOf));
  const active = document.activeElement;
  mergeInto(old, fresh);
  for (const fold of folds(old)) if (open.has(nameOf(fold))) fold.open = true;
  if (active?.isConnected && document.activeElement !== active) active.focus(); // it was moved
}

const nameOf = ({ id, dataset }) => id || dataset.key;

const folds = (element) => [...element.querySelectorAll("details")].filter(nameOf);

function mergeInto(old, fresh) {
  const twins = new Map(); // of what came -> what stays in its place
  const orphans = new Set(); // what is held, and has gone elsewhere
  for (const child of [...old.children]) {
    const twin = nameOf(child) && [...fresh.children].find((node) => nameOf(node) === nameOf(child));
    if (twin && stays(child, twin)) twins.set(twin, child);
    else if (!twin && (holds(child) || holdsWithin(child))) orphans.add(child);
  }
  const staying = new Set([...twins.values(), ...orphans]);
  for (const node of [...old.childNodes]) if (!staying.has(node)) node.remove();
  let place = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    while (orphans.has(place)) place = place.nextSibling;
    const kept = twins.get(node);
    if (kept) renew(kept, node);
    if (kept !== place || !kept) old.insertBefore(kept ?? node, place);
    else place = place.nextSibling;
  }
}

/** What is held, what is what it was, and what is made of parts that may be. */
function stays(child, twin) {
  if (holds(child) || holdsWithin(child)) return true;
  if (child.tagName !== twin.tagName || "release" in child.dataset) return false;
  return same(child, twin) || (!("hold" in child.dataset) && twin.querySelector(NAMED) !== null);
}

function renew(kept, node) {
  if (holds(kept) || same(kept, node)) return;
  for (const { name } of [...kept.attributes]) if (name !== "open" && !node.hasAttribute(name)) kept.removeAttribute(name);
  for (const { name, value } of node.attributes) kept.setAttribute(name, value);
  mergeInto(kept, node);
}

function same(child, twin) {
  const typed = [child, ...child.querySelectorAll(IN_FORMS)].filter((each) => each.matches(IN_FORMS));
  return !typed.some(changed) && asSent(child) === asSent(twin);
}

/** The HTML as the server sent it, but for what differs each time. */
function asSent(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => input.removeAttribute("value"));
  copy.querySelectorAll("details").forEach((fold) => fold.removeAttribute("open"));
  for (const time of copy.querySelectorAll("time")) {
    time.textContent = "";
    WRITTEN.forEach((name) => time.removeAttribute(name));
  }
  return copy.outerHTML;
}

function holds(element) {
  if (!("hold" in element.dataset) || "release" in element.dataset) return false;
  const focused = element.dataset.hold === "focus" && element.contains(document.activeElement);
  return focused || "open" in element.dataset || [...element.querySelectorAll(IN_FORMS)].some(changed);
}

const holdsWithin = (element) => [...element.querySelectorAll("[data-hold]")].some(holds);

function changed(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  return [...field.options].some(({ selected, defaultSelected }) => selected !== defaultSelected);
}
