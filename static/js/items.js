/**
 * What one can do with a notification, wherever it is listed (the panel, the history).
 *
 *   <li data-notification="ID" data-key="ID" data-unread>
 *     <a data-open href>                               marks it read, and goes there
 *     <button data-verb="read|unread|delete|undo">     submits a form, so all but "undo" work
 *   <button data-verb="read-all|read-storm">           without scripts too
 */
import { notifications, submit } from "./api.js";
import { deleteSoon, undo, undoable } from "./undo.js";

const verbs = {
  read: (item) => mark(item, true),
  unread: (item) => mark(item, false),
  delete: (item) => {
    deleteSoon(item.dataset.notification);
    item.querySelector("[data-verb=undo]").focus();
  },
  undo: (item) => {
    undo(item.dataset.notification);
    item.querySelector("[data-verb=delete]").focus();
  },
  "read-all": () => notifications.markAll(),
  "read-storm": (_, button) => submit(button.getAttribute("formaction"), new FormData(button.form)),
};

/** Shows it at once; the count follows when the server says it. */
async function mark(item, isRead) {
  const keepFocus = item.contains(document.activeElement);
  item.toggleAttribute("data-unread", !isRead);
  if (keepFocus) item.querySelector(`[data-verb=${isRead ? "unread" : "read"}]`).focus();
  try {
    await notifications.mark(item.dataset.notification, isRead);
  } catch (error) {
    item.toggleAttribute("data-unread", isRead);
    throw error;
  }
}

function opened(event) {
  const opener = event.target.closest("[data-open]");
  const item = opener?.closest("[data-notification]");
  if (!item || event.button > 1) return;
  if (item.hasAttribute("data-unread")) {
    item.removeAttribute("data-unread");
    notifications.mark(item.dataset.notification, true).catch(console.error);
  }
}

function submitted(event) {
  const verb = event.submitter?.dataset.verb;
  if (!verbs[verb]) return;
  event.preventDefault();
  const item = event.target.closest("[data-notification]");
  Promise.resolve(verbs[verb](item, event.submitter)).catch(console.error);
}

let begun = false;

/** Once a page, whatever it lists them in. */
export function items(feed) {
  if (begun) return;
  begun = true;
  document.addEventListener("click", opened);
  document.addEventListener("auxclick", opened);
  document.addEventListener("submit", submitted);
  undoable();
  follow(feed);
}

/** What came over the feed, shown on every item that is listed. */
function follow(feed) {
  const each = (id, action) =>
    document.querySelectorAll(`[data-notification="${id}"]`).forEach(action);
  feed.addEventListener("updated", ({ detail: { notification } }) =>
    each(notification.id, (item) => item.toggleAttribute("data-unread", !notification.isRead)),
  );
  feed.addEventListener("deleted", ({ detail: { id } }) => each(id, (item) => item.remove()));
  feed.addEventListener("bulk", () =>
    document
      .querySelectorAll("[data-notification][data-unread]")
      .forEach((item) => item.removeAttribute("data-unread")),
  );
}
