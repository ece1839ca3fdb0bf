/**
 * Putting a reminder off without leaving the page: the menu closes, the focus stays on what opened it, the
 * list shows the new time, and until when is said to who cannot see it.
 *
 *   <details data-menu><summary data-focus="snooze"> … <form data-snooze method="post">
 *   <p data-task-problem hidden>    what went wrong
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
      tell(text("notSaved"));
    });
  });
}

async function send(form, submitter, region) {
  const menu = form.closest("details");
  const list = form.closest(LIST);
  const answer = sent(form, submitter); // it reads the form, which is hidden next
  menu.querySelector("summary").focus();
  menu.open = false;
  const { done, status, document: page } = await answer;
  const notice = page.querySelector("main .notice:not([hidden])")?.textContent ?? "";
  region.textContent = done ? notice : "";
  tell(done ? "" : status === 404 ? text("taskGone") : notice || text("notSaved"));
  if (list?.isConnected) refill(list).catch(console.error); // that it was put off is said
}

/** What went wrong, for who sees it and who has it read out. */
function tell(words) {
  const problem = document.querySelector("[data-task-problem]");
  problem.textContent = words;
  problem.hidden = !words;
}
