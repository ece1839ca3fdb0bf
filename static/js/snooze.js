/**
 * Putting a reminder off without leaving the page: the menu closes, the focus stays on what opened it, the
 * list shows the new time, and until when is said to who cannot see it.
 *
 *   <details data-menu><summary data-focus="snooze"> … <form data-snooze method="post">
 */
import { sent } from "./api.js";
import { refill } from "./swap.js";
import { text } from "./texts.js";

const LIST = "[data-live], [data-refill-on-leads]"; // what is filled anew

export function snooze() {
  const region = document.createElement("p");
  region.className = "visually-hidden";
  region.setAttribute("aria-live", "polite");
  document.querySelector("main")?.append(region);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-snooze]")) return;
    event.preventDefault();
    send(event.target, event.submitter, region).catch((error) => {
      console.error(error);
      region.textContent = text("notSaved");
    });
  });
}

async function send(form, submitter, region) {
  const menu = form.closest("details");
  const list = form.closest(LIST);
  const answer = sent(form, submitter); // it reads the form, which is hidden next
  menu.querySelector("summary").focus();
  menu.open = false;
  const { document: page } = await answer;
  region.textContent = page.querySelector("main .notice:not([hidden])")?.textContent ?? "";
  if (list?.isConnected) await refill(list);
}
