/**
 * A conversation, live. The server is the only source of its HTML: whatever happens in it, its parts
 * are filled anew.
 *
 *   <section data-chat-with="USER">
 *     <p id="chat-earlier"> <a data-chat-earlier>, <ol data-chat-older>   what came before, on demand
 *     <ol id="chat-messages" data-unread-up-to="ID">
 *     <p data-chat-typing data-say="Tom is writing …">
 *     <form data-chat-composer>     Enter sends, Shift+Enter begins a line; on a phone a button sends
 *       <div data-chat-problem>
 *   <div id="chat-list">            the conversations
 */
import { ApiError, call, page } from "./api.js";
import { lockOf } from "./chat.js";
import { composer } from "./chat-composer.js";
import { fill, settled } from "./swap.js";

const PARTS = ["chat-list", "chat-messages"];
const TYPED = 5_000; // milliseconds that somebody counts as writing, after a sign of it

export function chatPage(feed) {
  if (!document.querySelector("[data-chat]")) return;
  const talk = document.querySelector("[data-chat-with]");
  const other = Number(talk?.dataset.chatWith);
  const messages = document.getElementById("chat-messages");
  let typing = null;
  let letGo = null;
  let turns = 0;
  let behind = false; // the network failed: what the page lacks is fetched when it is there again

  async function renew() {
    const turn = ++turns;
    const since = messages?.querySelector("[data-message]")?.dataset.message;
    const query = messages && !("older" in messages.dataset) && since ? `?since=${since}` : location.search;
    const fresh = await page(location.pathname + query);
    if (turn !== turns) return; // a later one knows more
    for (const id of PARTS) {
      const [old, found] = [document.getElementById(id), fresh?.getElementById(id)];
      if (old && found) fill(old, found);
    }
    read();
  }
  const failed = (error) => (error instanceof ApiError ? console.error(error) : (behind = true));
  const renewSoon = settled(() => {
    behind = false;
    renew().catch(failed);
  }, 30);

  /** What stands on a page that somebody looks at is read. */
  function read() {
    const upTo = Number(messages?.dataset.unreadUpTo);
    if (!upTo || document.visibilityState !== "visible") return;
    call("POST", "/api/messages/read/", { with: other, upTo }).catch(failed);
  }

  function showTyping(on) {
    const place = talk.querySelector("[data-chat-typing]");
    clearTimeout(typing);
    place.textContent = on ? place.dataset.say : "";
    if (on) typing = setTimeout(() => showTyping(false), TYPED);
  }

  /** Says to the other tabs that this conversation is looked at. */
  function look() {
    letGo?.();
    letGo = null;
    if (!talk || document.visibilityState !== "visible") return;
    const looking = new Promise((resolve) => (letGo = resolve));
    navigator.locks?.request(lockOf(other), { mode: "shared" }, () => looking);
    read();
  }

  feed.addEventListener("chat", ({ detail }) => {
    if (detail.kind === "typing") return talk && detail.userId === other && showTyping(true);
    if (talk && detail.message?.senderId === other) showTyping(false);
    renewSoon();
  });
  feed.addEventListener("state", ({ detail }) => detail.state === "live" && behind && renewSoon());
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => letGo?.());
  addEventListener("pageshow", ({ persisted }) => persisted && (look(), renewSoon()));
  look();
  if (!talk) return;
  talk.addEventListener("click", (event) => {
    const link = event.target.closest("[data-chat-earlier]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    earlier(link).catch(() => location.assign(link.href));
  });
  composer(talk, { feed, other, sent: renew });
}

/** Puts the stretch before into the page, above what is there; what one reads stays where it is. */
async function earlier(link) {
  const fresh = await page(link.getAttribute("href"));
  const rows = [...fresh.getElementById("chat-messages").children];
  document.querySelector("[data-chat-older]").prepend(...rows);
  const next = fresh.querySelector("[data-chat-earlier]");
  if (next) link.href = next.getAttribute("href");
  else link.remove();
  document.querySelector("[role=log]").focus();
}
