/**
 * The bell: its badge, its name ("Notifications, 3 unread"), and the panel that it discloses. The
 * panel's list is a fragment of the server, fetched when it opens and again when something happens.
 */
import { seen } from "./seen.js";
import { refill, settled } from "./swap.js";
import { counted, text } from "./texts.js";

const MOST = 99;

export function bell(feed) {
  const button = document.querySelector("[data-bell]");
  const panel = document.getElementById(button.getAttribute("aria-controls"));
  const list = panel.querySelector("[data-panel-list]");
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  const fill = () => refill(list, list.dataset.src).then(() => isOpen() && seen(list), console.error);
  const fillSoon = settled(() => isOpen() && fill(), 150);

  function toggle(open) {
    button.setAttribute("aria-expanded", String(open));
    panel.hidden = !open;
    document.body.toggleAttribute("data-panel-open", open);
    if (open) fill();
  }

  function leave() {
    toggle(false);
    button.focus();
  }

  button.addEventListener("click", () => toggle(!isOpen()));
  panel.querySelector("[data-close]").addEventListener("click", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isOpen() && !document.querySelector("dialog[open]")) leave();
  });
  document.addEventListener("pointerdown", (event) => {
    if (isOpen() && !panel.contains(event.target) && !button.contains(event.target)) toggle(false);
  });
  tabs(panel, list, fill);
  counts(feed, button);
  for (const name of ["notification", "updated", "deleted", "bulk", "reset"]) {
    feed.addEventListener(name, fillSoon);
  }
}

/** Unread | All: links that choose what the list is filled from. */
function tabs(panel, list, fill) {
  panel.querySelectorAll("[data-panel-tab]").forEach((tab) =>
    tab.addEventListener("click", () => {
      list.dataset.src = tab.dataset.panelTab;
      panel.querySelectorAll("[data-panel-tab]").forEach((other) =>
        other.setAttribute("aria-pressed", String(other === tab)),
      );
      fill();
    }),
  );
}

function counts(feed, button) {
  const badge = button.querySelector("[data-badge]");
  const announcer = document.querySelector("[data-announce]");
  let shown = Number(document.body.dataset.unread);
  feed.addEventListener("count", ({ detail: { unreadCount } }) => {
    button.setAttribute(
      "aria-label",
      unreadCount ? text("bellUnread", { n: unreadCount }) : text("bell"),
    );
    badge.textContent = unreadCount > MOST ? `${MOST}+` : unreadCount;
    badge.hidden = unreadCount === 0;
    if (unreadCount !== shown) announcer.textContent = counted("unread", unreadCount);
    shown = unreadCount;
  });
}
