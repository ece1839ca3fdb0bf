/**
 * Deleting with five seconds to think again: the call is made when they are over, or when the page is
 * left. Meanwhile the item says "Deleted" and offers "Undo", in the panel and on the page alike.
 */
import { notifications } from "./api.js";

const SECONDS = 5;
const pending = new Map(); // notification id -> timer

export function deleteSoon(id) {
  if (pending.has(id)) return;
  pending.set(id, setTimeout(() => deleteNow(id), SECONDS * 1000));
  show();
}

export function undo(id) {
  clearTimeout(pending.get(id));
  pending.delete(id);
  show();
}

async function deleteNow(id) {
  clearTimeout(pending.get(id));
  try {
    await notifications.remove(id);
    document.querySelectorAll(`[data-notification="${id}"]`).forEach((item) => item.remove());
  } catch (error) {
    if (error.status !== 404) console.error(error);
  } finally {
    pending.delete(id);
    show();
  }
}

function show() {
  document.querySelectorAll("[data-notification]").forEach((item) => {
    item.toggleAttribute("data-deleted", pending.has(item.dataset.notification));
  });
}

export function undoable() {
  document.addEventListener("leadbell:swapped", show);
  addEventListener("pagehide", () => [...pending.keys()].forEach(deleteNow));
}
