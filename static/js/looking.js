/**
 * Who else is looking at this lead: the page says that it is on show, now and again, and that it is
 * no more; it hears of others by the feed.
 *
 *   <div data-looking="/leads/ID/looking/" data-refill-on-leads="ID">
 *     <p id="looking" data-who="ID ID">      those who are shown
 */
import { call } from "./api.js";
import { refill } from "./swap.js";

const EVERY = 20_000; // milliseconds; the server forgets who says nothing for 45 s

export function looking(feed) {
  const root = document.querySelector("[data-looking]");
  if (!root) return;
  const me = Number(document.body.dataset.user);
  const path = `${root.dataset.looking}${Math.random().toString(36).slice(2)}/`;
  let timer = null;
  let here = false;

  async function say() {
    clearTimeout(timer);
    if (document.visibilityState !== "visible") return;
    here = true;
    timer = setTimeout(say, EVERY);
    try {
      show((await call("POST", path)).userIds);
    } catch (error) {
      if (error.status === 404) clearTimeout(timer); // the lead is gone
    }
  }

  function leave() {
    clearTimeout(timer);
    if (here) call("DELETE", path, undefined, { keepalive: true }).catch(() => {});
    here = false;
  }

  function show(userIds) {
    const place = document.getElementById("looking");
    if (!place || !userIds) return;
    const others = userIds.filter((id) => id !== me).sort((a, b) => a - b);
    const shown = place.dataset.who.split(" ").filter(Boolean).map(Number).sort((a, b) => a - b);
    if (String(others) !== String(shown)) refill(place, root.dataset.looking).catch(() => {});
  }

  feed.addEventListener("presence", ({ detail: { id, userIds } }) => {
    if (String(id) !== root.dataset.refillOnLeads) return;
    show(userIds);
    if (here && !userIds.includes(me)) say(); // another tab of ours was closed
  });
  feed.addEventListener("caught-up", say);
  document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? say() : leave()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && say());
  say();
}
