/**
 * What administrators announced, at the top of every page until one has read it.
 *
 *   <section id data-banners="PATH" hidden>     PATH has the section anew
 *     <form data-banner="ID" data-until>        a notification; sent, it is read, and so dismissed
 *
 * One that comes or goes while somebody is about to click waits until they rest: it would move what
 * they aim at. What has gone is not seen any more meanwhile.
 */
import { notifications } from "./api.js";
import { refill, settled } from "./swap.js";

const REST = 1_500; // milliseconds without a sign of them
const LONGEST = 2 ** 31 - 1; // that a timer takes
const INSTANT = 1_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"];

export function banners(feed) {
  const section = document.querySelector("[data-banners]");
  if (!section) return;
  const still = restful();
  let timer = null;

  const fresh = () => refill(section, section.dataset.banners).then(shown, console.error);
  const fill = settled(() => still(fresh), 200);

  function shown() {
    section.hidden = !all().length;
    clearTimeout(timer);
    const ends = all().map(({ dataset }) => new Date(dataset.until ?? NaN) - Date.now());
    const next = Math.min(...ends.filter((left) => left > 0));
    if (next < LONGEST) timer = setTimeout(ended, next + INSTANT);
  }

  const all = () => [...section.querySelectorAll("[data-banner]")];
  const ended = () => leave(({ until }) => new Date(until ?? NaN) < Date.now());

  /** Those are seen no more, at once; their place goes when nobody aims at anything. */
  function leave(these) {
    const gone = all().filter(({ dataset }) => these(dataset));
    gone.forEach((one) => one.toggleAttribute("data-gone", true));
    if (gone.length) fill();
  }

  section.addEventListener("submit", (event) => {
    event.preventDefault();
    const one = event.target;
    const next = one.nextElementSibling ?? one.previousElementSibling;
    (next?.querySelector("[data-focus]") ?? document.querySelector("main")).focus({ preventScroll: true });
    one.remove();
    shown();
    notifications.mark(one.dataset.banner, true).catch(fill); // what was not read comes back
  });
  feed.addEventListener("notification", ({ detail: { notification } }) => {
    if (notification.type === "system") fill();
  });
  feed.addEventListener("updated", ({ detail: { notification } }) => {
    if (notification.type !== "system") return;
    if (notification.isRead) leave(({ banner }) => banner === notification.id);
    else fill();
  });
  feed.addEventListener("deleted", ({ detail: { id } }) => leave(({ banner }) => banner === id));
  feed.addEventListener("bulk", () => leave(() => true));
  for (const name of ["caught-up", "reset"]) feed.addEventListener(name, fill);
  shown();
}

/** Calls what it is given as soon as nobody points, types or scrolls. */
function restful() {
  let last = -REST;
  for (const sign of SIGNS) {
    addEventListener(sign, () => (last = performance.now()), { passive: true, capture: true });
  }
  return function whenStill(action) {
    const left = last + REST - performance.now();
    if (left <= 0 || document.visibilityState === "hidden") action();
    else setTimeout(() => whenStill(action), left);
  };
}
