/** The unread count in the tab's title: "(3) Leads · Leadbell". */
export function title(feed) {
  const plain = document.title.replace(/^\(\d+\+?\) /, "");
  const write = (count) => {
    document.title = count ? `(${count > 99 ? "99+" : count}) ${plain}` : plain;
  };
  write(feed.unreadCount);
  feed.addEventListener("count", ({ detail }) => write(detail.unreadCount));
}
