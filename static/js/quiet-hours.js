/**
 * When it is quiet: every day from one time to another, in the person's own zone, also on the days
 * when its clocks change. A time that comes twice begins at the first and ends at the second; one that
 * never comes is the moment at which the clocks skip it.
 *
 *   <body data-quiet-from="22:00" data-quiet-until="07:00" data-quiet-zone="Europe/Berlin">
 */
import { remembered } from "./prefs.js";

const MINUTE = 60_000; // milliseconds
const DAY = 24 * 60 * MINUTE;
const TALLY_KEPT = 2 * DAY; // what nobody was told of by then is old

export class QuietHours {
  #from;
  #until;
  #format;

  constructor({ from, until, zone }) {
    [this.#from, this.#until] = [from, until].map(sinceMidnight);
    this.#format = formatFor(zone);
  }

  /** `{quiet, changes}` at `now`: whether it is quiet, and the moment at which that changes. */
  at(now) {
    const today = Math.floor(this.#wall(now) / DAY) * DAY;
    const overnight = this.#until <= this.#from ? DAY : 0;
    for (const day of [today - DAY, today, today + DAY, today + 2 * DAY]) {
      const [begin] = this.#moments(day + this.#from);
      const end = this.#moments(day + overnight + this.#until).at(-1);
      if (begin > now) return { quiet: false, changes: begin };
      if (end > now) return { quiet: true, changes: end };
    }
  }

  /** What the clocks there show at `moment`, as if that were UTC. */
  #wall(moment) {
    const { year, month, day, hour, minute, second } = Object.fromEntries(
      this.#format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
    );
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  /** The moments, one or two, at which the clocks there show `wall`, or skip it. */
  #moments(wall) {
    const offsets = [wall - DAY, wall + DAY].map((moment) => this.#wall(moment) - moment);
    const candidates = offsets.map((offset) => wall - offset).sort((a, b) => a - b);
    const shown = candidates.filter((moment) => this.#wall(moment) === wall);
    if (shown.length) return shown;
    let [moment] = candidates;
    while (this.#wall(moment) < wall) moment += MINUTE;
    return [moment];
  }
}

function sinceMidnight(time) {
  const [hours, minutes] = time.split(":").map(Number);
  return (60 * hours + minutes) * MINUTE;
}

/** A zone that this browser does not know is the browser's own. */
function formatFor(timeZone) {
  const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
  const options = { ...fields, hourCycle: "h23", calendar: "iso8601", numberingSystem: "latn" };
  try {
    return new Intl.DateTimeFormat("en", { ...options, timeZone: timeZone || undefined });
  } catch {
    return new Intl.DateTimeFormat("en", options);
  }
}

const { user, quietFrom, quietUntil, quietZone } = document.body.dataset;
const hours = quietFrom ? new QuietHours({ from: quietFrom, until: quietUntil, zone: quietZone }) : null;
let known = null; // what was found out last, for as long as it holds

/** `{quiet, changes}` now; null for who has no quiet hours. */
export function standing(now = Date.now()) {
  if (hours && !(known && known.since <= now && now < known.changes)) known = { since: now, ...hours.at(now) };
  return hours && known;
}

export const TALLY = `quiet:${user}`;

/** What came in quiet hours and was not told of yet: `{notifications, messages, at, rang}`, `rang` where
 * that was heard; null where nothing did. */
export function tally() {
  const found = remembered(TALLY, null);
  return found && Date.now() - found.at < TALLY_KEPT ? found : null;
}

/** Whether nothing may be shown or heard now: it is quiet, or its summary comes first. One that rang
 * and waits until somebody looks holds nothing up. */
export function hushed() {
  if (standing()?.quiet) return true;
  const came = tally();
  return Boolean(came && !came.rang);
}
