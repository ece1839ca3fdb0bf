/**
 * A section that is filled anew when something happens that it shows.
 *
 *   <div id data-live="task_completed event">   kinds of notifications that concern it
 *     <li data-of-lead="ID">                    a lead that it names: a change of it concerns it too
 *   … data-live-mentions                        what mentions one concerns it
 *   … data-live-appointments                    so do appointments, whoever is told of them
 *   … data-until="2026-03-29T00:00:00+00:00"    when it changes by itself: a task is late, a day ends
 *   … data-every="10"                           what nobody tells of: seconds after which it is looked at anew
 *
 * `leadbell:changed` on the document says that one did something here oneself.
 */
import { refill, settled } from "./swap.js";

const AWAY = 60_000; // milliseconds after which a page that is turned to is filled anew
const LONGEST = 2 ** 31 - 1; // that a timer takes
const INSTANT = 1_000;

export function live(feed) {
  document.querySelectorAll("[data-live]").forEach((section) => keepUp(feed, section));
}

function keepUp(feed, section) {
  let left = null;
  let timer = null;
  const fill = settled(() => refill(section).catch(console.error).then(wait), 200);

  // The address of the next moment comes with the page, so it is read from there each time.
  function wait() {
    clearTimeout(timer);
    const { until, every } = section.dataset;
    const rest = every ? every * 1_000 : new Date(until ?? NaN) - Date.now() + INSTANT;
    if (rest > 0 && rest < LONGEST) timer = setTimeout(fill, rest);
  }

  feed.addEventListener("notification", ({ detail: { notification } }) => {
    if (section.dataset.live.split(" ").includes(notification.type)) fill();
  });
  feed.addEventListener("lead", ({ detail: { lead, id } }) => {
    if (section.querySelector(`[data-of-lead="${lead?.id ?? id}"]`)) fill();
  });
  if ("liveMentions" in section.dataset) feed.addEventListener("mentioned", fill);
  if ("liveAppointments" in section.dataset) feed.addEventListener("appointments", fill);
  for (const name of ["caught-up", "reset"]) feed.addEventListener(name, fill);
  document.addEventListener("leadbell:changed", fill);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") left = Date.now();
    else if (left && Date.now() - left > AWAY) fill();
  });
  wait();
}
