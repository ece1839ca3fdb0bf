/**
 * Times as people say them, in their own zone, kept current.
 *
 *   <time datetime="…" data-age>     "4 min"; the exact time on hover
 *   <time datetime="…" data-when>    "today 14:30", also of what is to come
 *   <time datetime="…" data-clock>   a running clock, "4:07"
 *   … data-unanswered                amber after 5 minutes, red after 30 (`data-late`: "soon", "late")
 */
import { breath } from "./breath.js";
import { dates } from "./dates.js";
import { text } from "./texts.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SOON = 5 * MINUTE;
const LATE = 30 * MINUTE;

const exact = dates({ dateStyle: "full", timeStyle: "short" });
const clock = dates({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = dates({ day: "numeric", month: "short" });
const dayAndYear = dates({ dateStyle: "medium" });

function dateOf(then, now) {
  return (then.getFullYear() === now.getFullYear() ? day : dayAndYear).format(then);
}

function ageOf(then, now, seconds) {
  if (seconds < MINUTE) return text("now");
  if (seconds < HOUR) return text("minutes", { n: Math.floor(seconds / MINUTE) });
  if (seconds < DAY) return text("hours", { n: Math.floor(seconds / HOUR) });
  if (seconds < 7 * DAY) return text("days", { n: Math.floor(seconds / DAY) });
  return dateOf(then, now);
}

function saidOf(then, now) {
  const time = clock.format(then);
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const days = Math.ceil((midnight - then) / 1000 / DAY); // ago
  if (days === 0) return text("today", { time });
  if (days === 1) return text("yesterday", { time });
  if (days === -1) return text("tomorrow", { time });
  return `${dateOf(then, now)} ${time}`;
}

function clockOf(then, now, seconds) {
  if (seconds >= HOUR) return ageOf(then, now, seconds);
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / MINUTE)}:${String(whole % MINUTE).padStart(2, "0")}`;
}

function write(element) {
  const then = new Date(element.dateTime);
  const now = new Date();
  const seconds = Math.max(0, (now - then) / 1000);
  const { clock: running, when } = element.dataset;
  const say = running !== undefined ? clockOf : when !== undefined ? saidOf : ageOf;
  const words = say(then, now, seconds);
  if (element.textContent !== words) element.textContent = words;
  element.dataset.set = "";
  if ("unanswered" in element.dataset) {
    element.dataset.late = seconds >= LATE ? "late" : seconds >= SOON ? "soon" : "";
  }
}

const KINDS = "time[data-age], time[data-when], time[data-clock]";

/** The exact times, which nobody sees yet, come after what is read. */
export function writeAges(root = document) {
  const times = [...root.querySelectorAll(KINDS)];
  times.forEach(write);
  breath().then(() => times.forEach(explain));
}

function explain(element) {
  const words = exact.format(new Date(element.dateTime));
  if (element.title !== words) element.title = words;
}

export function ages() {
  writeAges();
  setInterval(() => writeAges(), 15_000);
  setInterval(() => document.querySelectorAll("time[data-clock]").forEach(write), 1_000);
  document.addEventListener("leadbell:swapped", (event) => writeAges(event.target));
  document.addEventListener("visibilitychange", () => writeAges());
}
