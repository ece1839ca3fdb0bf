/**
 * What mentions one stays on Today until one has seen it: opened it, read it on the lead's page, or
 * said so.
 *
 *   <div data-mentions-seen="/leads/mentions/seen/">
 *     <a data-mention="ID" href>                   opens it
 *     <form data-mention-seen> [name=mention]      says so
 *     <p data-unseen-mention="ID">                 is read where it stands
 */
import { submit } from "./api.js";

const sent = new Set();

function seen(path, ids) {
  const news = ids.filter((id) => !sent.has(id));
  if (!news.length) return null;
  news.forEach((id) => sent.add(id));
  return submit(path, news.map((id) => ["mention", id]), { keepalive: true });
}

export function mentionsSeen() {
  const path = document.querySelector("[data-mentions-seen]")?.dataset.mentionsSeen;
  if (!path) return;
  const observer = new IntersectionObserver((entries) => {
    const read = entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target);
    seen(path, read.map(({ dataset }) => dataset.unseenMention))?.catch(console.error);
  });
  const watch = () => document.querySelectorAll("[data-unseen-mention]").forEach((each) => observer.observe(each));
  for (const name of ["click", "auxclick"]) {
    document.addEventListener(name, (event) => {
      const link = event.target.closest("[data-mention]");
      if (link && event.button < 2) seen(path, [link.dataset.mention])?.catch(console.error);
    });
  }
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-mention-seen]");
    if (!form) return;
    event.preventDefault();
    await seen(path, [new FormData(form).get("mention")]);
    document.dispatchEvent(new CustomEvent("leadbell:changed"));
  });
  document.addEventListener("leadbell:swapped", watch);
  watch();
}
