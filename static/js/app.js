/** What every page runs. <body data-user data-seq data-unread data-socket> says who and from where. */
import { ages } from "./ages.js";
import { banners } from "./banners.js";
import { bell } from "./bell.js";
import { board } from "./board.js";
import { chat } from "./chat.js";
import { chatPage } from "./chat-page.js";
import { desktop } from "./desktop.js";
import { dueDates } from "./due.js";
import { inbox } from "./inbox.js";
import { follow, items } from "./items.js";
import { keys } from "./keys.js";
import { Feed } from "./leader.js";
import { leadsLive } from "./leads-live.js";
import { live as liveSections } from "./live.js";
import { looking } from "./looking.js";
import { mentionsSeen } from "./mentions-seen.js";
import { pageHabits } from "./page.js";
import { palette } from "./palette.js";
import { pickLead } from "./pick-lead.js";
import { leavePlace, placeLeft } from "./place.js";
import { quiet } from "./quiet.js";
import { rows } from "./rows.js";
import { selection } from "./selection.js";
import { sound } from "./sound.js";
import { status } from "./status.js";
import { tasks } from "./tasks.js";
import { theme } from "./theme.js";
import { title } from "./title.js";
import { toasts } from "./toasts.js";
import { undoable } from "./undo.js";
import { snooze } from "./snooze.js";
import { zone } from "./zone.js";

function live({ user, seq, unread, chatSeq, chatUnread, socket }) {
  const left = placeLeft(user);
  const feed = new Feed({
    url: socket,
    user,
    seq: left.seq ?? Number(seq),
    unreadCount: Number(unread),
    chatSeq: left.chatSeq ?? Number(chatSeq),
    chatUnread: Number(chatUnread),
  });
  const parts = [follow, banners, bell, title, quiet, sound, desktop, status, leadsLive, liveSections, board, inbox, looking, chat, chatPage];
  for (const part of parts) part(feed);
  const onShow = toasts(feed, left.toasts);
  items();
  undoable();
  tasks();
  palette();
  mentionsSeen();
  pickLead();
  feed.addEventListener("identity", ({ detail }) => {
    if (String(detail.userId) !== user) location.reload(); // somebody else signed in here
  });
  addEventListener("pagehide", () => {
    leavePlace(user, { seq: feed.seq, chatSeq: feed.chatSeq, toasts: onShow() });
    feed.leave();
  });
  addEventListener("pageshow", (event) => event.persisted && feed.join());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") feed.check();
  });
  feed.join();
  // The page was rendered before the change that the last one left at: its lists lack it.
  if (left.seq > Number(seq)) {
    feed.dispatchEvent(
      new CustomEvent("caught-up", { detail: { missed: 0, last: null, away: false } }),
    );
  }
}

theme();
ages();
dueDates();
zone();
keys();
rows();
selection();
pageHabits();
snooze();
if (document.body.dataset.user) live(document.body.dataset);
