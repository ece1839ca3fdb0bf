/**
 * The state of the connection: a dot with a word, the time until the next try, and "Try now". When the
 * server keeps saying no, asks whether we are still signed in, and offers to sign in again.
 *
 *   <div data-connection> with [data-connection-word], [data-connection-next], [data-try-now]
 *   <p data-signed-out hidden>
 */
import { call } from "./api.js";
import { text } from "./texts.js";

export function status(feed) {
  const place = document.querySelector("[data-connection]");
  const word = place.querySelector("[data-connection-word]");
  const next = place.querySelector("[data-connection-next]");
  const tryNow = place.querySelector("[data-try-now]");

  function countDown() {
    const { state, nextTry } = feed.state;
    const seconds = Math.ceil((nextTry - Date.now()) / 1000);
    next.textContent = state !== "live" && nextTry && seconds > 0 ? text("nextTry", { n: seconds }) : "";
  }

  function write() {
    const { state } = feed.state;
    place.dataset.connection = state;
    word.textContent = text(state);
    tryNow.hidden = state === "live" || state === "connecting";
    countDown();
  }

  tryNow.addEventListener("click", () => feed.tryNow());
  feed.addEventListener("state", ({ detail }) => {
    write();
    if (detail.state === "reconnecting") askWhoWeAre();
    if (detail.state === "live") document.querySelector("[data-signed-out]").hidden = true;
  });
  setInterval(countDown, 1_000);
  write();
}

/** A refused handshake looks to a browser like a server that is down; this tells them apart. */
async function askWhoWeAre() {
  try {
    await call("GET", "/api/me/");
  } catch (error) {
    const signedOut = error.status === 401 || error.status === 403;
    if (signedOut) document.querySelector("[data-signed-out]").hidden = false;
  }
}
