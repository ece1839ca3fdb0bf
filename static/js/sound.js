/**
 * When the bell is heard: once per browser however many tabs are open, once in three seconds however
 * much arrives, not in quiet hours, and only after the person turned it on with a button.
 *
 *   <button data-sound-toggle>    "Turn sound on", "Turn sound off"
 *   <button data-sound-blocked>   shown where it is on but the browser waits for a click
 *   <input type="range" data-volume>, <button data-sound-test>
 */
import { audible, audio, chime } from "./chime.js";
import { remember, remembered } from "./prefs.js";
import { hushed } from "./quiet-hours.js";
import { text } from "./texts.js";

const PAUSE = 3_000; // milliseconds between two rings
const LOUDNESS = 0.6; // of a browser where nobody chose one

const wanted = () => remembered("sound", "off") === "on";
const volume = () => remembered("volume", LOUDNESS);
const each = (selector, action) => document.querySelectorAll(selector).forEach(action);

export function sound(feed) {
  controls();
  const refresh = () => show();
  if (wanted()) audio()?.addEventListener("statechange", refresh);
  refresh();
  addEventListener("storage", refresh);
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake);
  feed.addEventListener("notification", ({ detail: { notification, live } }) => {
    if (live) ring(notification.id);
  });
  feed.addEventListener("caught-up", ({ detail: { missed, last, away } }) => {
    if (away && missed) ring(last.id);
  });
}

/** Rings for what has the `id`, a notification or a message, unless a tab of this browser did, or just rang for another. */
export function ring(id) {
  if (!wanted() || !audible() || hushed() || !isTime(id)) return;
  if (!navigator.locks) return ringOnce(id);
  navigator.locks.request("leadbell:ring", { ifAvailable: true }, (lock) => lock && ringOnce(id));
}

function ringOnce(id) {
  if (!isTime(id)) return;
  remember("rung", { ids: [id, ...lastRung().ids].slice(0, 20), at: Date.now() });
  chime(volume());
  document.dispatchEvent(new CustomEvent("leadbell:rang", { detail: { id } }));
  return new Promise((resolve) => setTimeout(resolve, PAUSE)); // the lock is held as long
}

const lastRung = () => remembered("rung", { ids: [], at: 0 });

function isTime(id) {
  const { ids, at } = lastRung();
  return !ids.includes(id) && Date.now() - at >= PAUSE;
}

/** Browsers let a page be heard only after a gesture on it. One on the button that offers it is the button's: it
 * would be gone before it is let go, and its click unheard. */
async function wake({ target }) {
  if (!wanted() || audible() || target.closest?.("[data-sound-blocked]")) return;
  await audio()?.resume();
  show();
}

async function turn(on) {
  remember("sound", on ? "on" : "off");
  if (on) {
    await audio()?.resume();
    chime(volume());
  }
  show();
}

function controls() {
  each("[data-sound-toggle]", (button) =>
    button.addEventListener("click", () => turn(!(wanted() && audible()))),
  );
  each("[data-sound-blocked]", (button) => button.addEventListener("click", () => turn(true)));
  each("[data-sound-test]", (button) =>
    button.addEventListener("click", async () => {
      await audio()?.resume();
      chime(volume());
    }),
  );
  each("[data-volume]", (slider) => {
    slider.value = volume();
    slider.addEventListener("change", () => remember("volume", Number(slider.value)));
  });
}

function show() {
  const on = wanted() && audible();
  each("[data-sound-toggle]", (button) => (button.textContent = text(on ? "soundOff" : "soundOn")));
  each("[data-sound-blocked]", (button) => (button.hidden = !wanted() || on));
}
