/**
 * The parts of a page: what every page has, and what it has more where something stands on it. Each comes
 * by itself and starts in a moment of its own, in this order, so that what somebody does meanwhile does
 * not wait for all of them.
 */
import { breath } from "./breath.js";

const EVERYWHERE = "body";
const LEADS = "[data-leads-live], [data-refill-on-leads]";
const TASKS = "[data-task-problem]";

const PARTS = [
  [EVERYWHERE, () => import("./ages.js"), ({ ages }) => ages()],
  [EVERYWHERE, () => import("./bell.js"), ({ bell }, feed) => bell(feed)],
  [EVERYWHERE, () => import("./theme.js"), ({ theme }) => theme()],
  [EVERYWHERE, () => import("./page.js"), ({ pageHabits }) => pageHabits()],
  [`${LEADS}, ${TASKS}, [data-board]`, () => import("./due.js"), ({ dueDates }) => dueDates()],
  [EVERYWHERE, () => import("./zone.js"), ({ zone }) => zone()],
  ["[data-selected]", () => import("./selection.js"), ({ selection }) => selection()],
  [TASKS, () => import("./snooze.js"), ({ snooze }) => snooze()],
  ["[data-inbox]", () => import("./items.js"), ({ items }, feed) => items(feed)],
  [EVERYWHERE, () => import("./banners.js"), ({ banners }, feed) => banners(feed)],
  [EVERYWHERE, () => import("./title.js"), ({ title }, feed) => title(feed)],
  [EVERYWHERE, () => import("./quiet.js"), ({ quiet }, feed) => quiet(feed)],
  [EVERYWHERE, () => import("./sound.js"), ({ sound }, feed) => sound(feed)],
  [EVERYWHERE, () => import("./desktop.js"), ({ desktop }, feed) => desktop(feed)],
  [EVERYWHERE, () => import("./status.js"), ({ status }, feed) => status(feed)],
  [LEADS, () => import("./leads-live.js"), ({ leadsLive }, feed) => leadsLive(feed)],
  ["[data-live]", () => import("./live.js"), ({ live }, feed) => live(feed)],
  ["[data-board]", () => import("./board.js"), ({ board }, feed) => board(feed)],
  ["[data-inbox]", () => import("./inbox.js"), ({ inbox }, feed) => inbox(feed)],
  ["[data-looking]", () => import("./looking.js"), ({ looking }, feed) => looking(feed)],
  ["[data-looking]", () => import("./lead-page.js"), ({ leadPage }) => leadPage()],
  [EVERYWHERE, () => import("./chat.js"), ({ chat }, feed) => chat(feed)],
  ["[data-chat]", () => import("./chat-page.js"), ({ chatPage }, feed) => chatPage(feed)],
  [TASKS, () => import("./tasks.js"), ({ tasks }) => tasks()],
  ["[data-mentions-seen]", () => import("./mentions-seen.js"), ({ mentionsSeen }) => mentionsSeen()],
  ["[data-pick-lead]", () => import("./pick-lead.js"), ({ pickLead }) => pickLead()],
];

/** Starts those that belong to this page. One that cannot be had is missed, and the others go on. */
export async function startParts(feed) {
  const here = PARTS.filter(([place]) => document.querySelector(place));
  const coming = here.map(([, load, start]) => [load().catch(console.error), start]);
  for (const [module, start] of coming) {
    const part = await module;
    await breath();
    if (part) start(part, feed);
  }
}
