/** Where things are on the board: columns by stage, in each the newest lead first. */

export const cardOf = (root, id) => root.querySelector(`[data-lead="${id}"]`);
export const columnOf = (root, stage) => root.querySelector(`[data-column="${stage}"]`);

/** The card before which one belongs: the newest is first. Null at the end. */
export function follower(column, { order, lead }) {
  const cards = [...column.querySelectorAll("[data-lead]")].filter((it) => it.dataset.lead !== lead);
  return cards.find(({ dataset }) => isOlder(dataset, { order, lead })) ?? null;
}

function isOlder(one, other) {
  if (one.order !== other.order) return Number(one.order) < Number(other.order);
  return Number(one.lead) < Number(other.lead);
}
