/**
 * Brings newer content into a page in which somebody is writing.
 *
 *   <form id data-hold>           stays as it is while what was typed there differs from what came,
 *   <form id data-hold="focus">   or it has the focus,
 *   … data-open                   or it is open
 *
 * Around what stays, everything that has no id in common with it is new. An open <details> with an id or
 * a data-key stays open.
 */

const IN_FORMS = "input, select, textarea";

export function merge(old, fresh) {
  const open = new Set(folds(old).filter((fold) => fold.open).map(nameOf));
  mergeInto(old, fresh);
  for (const fold of folds(old)) if (open.has(nameOf(fold))) fold.open = true;
}

const nameOf = ({ id, dataset }) => id || dataset.key;

const folds = (element) => [...element.querySelectorAll("details")].filter(nameOf);

function mergeInto(old, fresh) {
  const staying = [...old.children].filter((child) => holds(child) || holdsWithin(child));
  if (!staying.length) return old.replaceChildren(...fresh.childNodes);
  for (const node of [...old.childNodes]) if (!staying.includes(node)) node.remove();
  let place = staying[0];
  for (const node of [...fresh.childNodes]) {
    const stays = node.id && staying.find(({ id }) => id === node.id);
    if (!stays) {
      old.insertBefore(node, place);
      continue;
    }
    if (!holds(stays)) mergeInto(stays, node);
    place = stays.nextSibling;
  }
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
