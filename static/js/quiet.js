/**
 * Quiet hours: what comes in them is stored and counted as ever, and told of when they are over, in one
 * toast with one ring. The leading tab rings where nobody looks; the toast is then for the first that is
 * looked at. The bell shows a moon.
 *
 *   <button data-bell> <svg data-moon hidden>
 */
import { remember } from "./prefs.js";
import { TALLY, hushed, standing, tally } from "./quiet-hours.js";
import { ring } from "./sound.js";
import { counted, text } from "./texts.js";

const PATIENCE = 2_000; // milliseconds for what was missed asleep, which belongs to it
const TURN = 1_000; // by which a tab that nobody looks at leaves it to one that somebody does
const KNOWN = 500; // by which the other tabs know what one remembered
const CHAT = "chat";

export function quiet(feed) {
  let change = null;
  let summary = null;

  function refresh() {
    clearTimeout(change);
    const now = standing();
    moon(now?.quiet);
    if (now) change = setTimeout(refresh, Math.max(0, now.changes - Date.now()));
    if (!now?.quiet) tellSoon();
  }

  function tellSoon() {
    clearTimeout(summary);
    const came = tally();
    const seen = looked();
    if (!came || !(seen || (feed.leading && !came.rang))) return;
    summary = setTimeout(claim, PATIENCE + (seen ? 0 : TURN));
  }

  function claim() {
    if (!navigator.locks) return tell();
    navigator.locks.request("leadbell:quiet", tell).catch(console.error);
  }

  /** Rings at once, and shows it to who looks; the answer is when other tabs know that it is done. */
  function tell() {
    const came = tally();
    if (!came || standing()?.quiet || feed.state.state !== "live") return;
    const [title, message = text("missedWhere")] = linesOf(came, feed);
    const shown = !title || looked();
    remember(TALLY, shown ? null : { ...came, rang: true });
    if (!title) return;
    const url = came.notifications ? "/notifications/" : "/chat/";
    if (shown) say("leadbell:toast", { id: "quiet", kind: "moon", title, message, url });
    if (!came.rang) ring(`quiet-${came.at}`);
    return new Promise((resolve) => setTimeout(resolve, KNOWN));
  }

  function count(what, n = 1) {
    if (!feed.leading || !hushed()) return;
    const came = tally() ?? { notifications: 0, messages: 0 };
    remember(TALLY, { ...came, [what]: came[what] + n, at: Date.now(), rang: false });
    if (!standing()?.quiet) tellSoon();
  }

  feed.addEventListener("notification", ({ detail: { live } }) => live && count("notifications"));
  feed.addEventListener("caught-up", ({ detail: { missed, away } }) => away && missed && count("notifications", missed));
  document.addEventListener("leadbell:toast", ({ detail: { kind } }) => kind === CHAT && count("messages"));
  feed.addEventListener("state", ({ detail: { state } }) => state === "live" && tellSoon());
  document.addEventListener("visibilitychange", refresh);
  refresh();
}

/** What is read by now is nothing to tell of. */
function linesOf({ notifications, messages }, { unreadCount, chatUnread }) {
  return [
    notifications && unreadCount ? counted("quietCame", notifications) : "",
    messages && chatUnread ? counted("quietMessages", messages) : "",
  ].filter(Boolean);
}

/** A picture for who sees it; for who does not, the button's name stays and its description says so. */
function moon(shown) {
  const button = document.querySelector("[data-bell]");
  button.querySelector("[data-moon]").toggleAttribute("hidden", !shown);
  if (shown) button.title = text("quietUntil", { time: document.body.dataset.quietUntil });
  else button.removeAttribute("title");
}

const looked = () => document.visibilityState === "visible";
const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
