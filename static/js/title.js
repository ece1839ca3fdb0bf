/** The unread count in the tab's title: "(3) Leads · Leadbell". */
import { paced } from "./storms.js";

const PAUSE = 100; // milliseconds between two counts of a storm

export function title(feed) {
  const plain = document.title.replace(/^\(\d+\+?\) /, "");
  let written = null;
  const write = () => {
    const count = (written = feed.unreadCount);
    document.title = count ? `(${count > 99 ? "99+" : count}) ${plain}` : plain;
  };
  write();
  const writeSoon = paced(write, PAUSE);
  feed.addEventListener("count", () => feed.unreadCount !== written && writeSoon());
}
