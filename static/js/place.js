/**
 * What a tab takes from one page to the next. Between two pages no socket listens, and what stood on
 * the first is gone: so the next one starts where that one was in the sequence, and goes on showing
 * the toasts that had not had their time. A reload shows no toast again.
 */

const FRESH = 30_000; // milliseconds; after that the page itself is the better place to start
const KEY = "leadbell:place";

/** `{seq, chatSeq, toasts}` that the user's last page in this tab left; `{}` where there was none lately. */
export function placeLeft(user) {
  try {
    const { at, user: whose, seq, chatSeq, toasts } = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
    if (whose !== user || Date.now() - at > FRESH) return {};
    const [{ type }] = performance.getEntriesByType("navigation");
    return { seq, chatSeq, toasts: type === "reload" ? [] : toasts };
  } catch {
    return {};
  }
}

export function leavePlace(user, { seq, chatSeq, toasts }) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ user, seq, chatSeq, toasts, at: Date.now() }));
  } catch {
    // Storage is blocked: the next page starts from itself.
  }
}
