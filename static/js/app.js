/** What every page runs. <body data-user data-seq data-unread data-socket> says who and from where. */
import { ready } from "./early.js";
import { Feed } from "./leader.js";
import { startParts } from "./parts.js";
import { leavePlace, placeLeft } from "./place.js";

async function start({ user, seq, unread, chatSeq, chatUnread, socket }) {
  const left = placeLeft(user);
  const feed = new Feed({
    url: socket,
    user,
    seq: left.seq ?? Number(seq),
    unreadCount: Number(unread),
    chatSeq: left.chatSeq ?? Number(chatSeq),
    chatUnread: Number(chatUnread),
  });
  let onShow = () => left.toasts ?? [];
  feed.addEventListener("identity", ({ detail }) => {
    if (String(detail.userId) !== user) location.reload(); // somebody else signed in here
  });
  addEventListener("pagehide", () => {
    leavePlace(user, { seq: feed.seq, chatSeq: feed.chatSeq, toasts: onShow() });
    feed.leave();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") feed.check();
  });
  const loading = import("./toasts.js");
  await startParts(feed);
  const { toasts } = await loading;
  onShow = toasts(feed, left.toasts);
  addEventListener("pageshow", (event) => event.persisted && feed.join());
  feed.join();
  // The page was rendered before the change that the last one left at: its lists lack it.
  if (left.seq > Number(seq)) {
    feed.dispatchEvent(
      new CustomEvent("caught-up", { detail: { missed: 0, last: null, away: false } }),
    );
  }
}

start(document.body.dataset).finally(ready);
