/**
 * The bell: its badge, its name ("Notifications, 3 unread"), and the panel that it discloses. What fills
 * that (panel.js) comes when it is first opened.
 */
import { paced } from "./storms.js";
import { counted, text } from "./texts.js";

const MOST = 99;
const DRAWN = 100; // milliseconds between two counts of a storm,
const SAID = 1_500; // and between two that are read out

export function bell(feed) {
  const button = document.querySelector("[data-bell]");
  const panel = document.getElementById(button.getAttribute("aria-controls"));
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  let filled = null;

  async function fill() {
    filled ??= import("./panel.js").then((module) => module.panel(panel, { feed, isOpen }));
    try {
      (await filled)();
    } catch (error) {
      filled = null; // the next time it is asked for again
      console.error(error);
    }
  }

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
  counts(feed, button);
}

function counts(feed, button) {
  const badge = button.querySelector("[data-badge]");
  const announcer = document.querySelector("[data-announce]");
  let drawn = feed.unreadCount;
  let said = drawn;

  function draw() {
    const unreadCount = (drawn = feed.unreadCount);
    button.setAttribute(
      "aria-label",
      unreadCount ? text("bellUnread", { n: unreadCount }) : text("bell"),
    );
    badge.textContent = unreadCount > MOST ? `${MOST}+` : unreadCount;
    badge.hidden = unreadCount === 0;
  }

  function say() {
    if (feed.unreadCount !== said) announcer.textContent = counted("unread", feed.unreadCount);
    said = feed.unreadCount;
  }

  const drawSoon = paced(draw, DRAWN);
  const saySoon = paced(say, SAID);
  feed.addEventListener("count", () => {
    if (feed.unreadCount !== drawn) drawSoon();
    if (feed.unreadCount !== said) saySoon();
  });
}
