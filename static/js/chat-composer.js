/** Writing in a conversation: what is sent, and that one is at it. See chat-page.js for the HTML. */
import { call } from "./api.js";
import { text } from "./texts.js";

const EVERY = 3_000; // milliseconds between two signs of writing

export function composer(talk, { feed, other, sent }) {
  const form = talk.querySelector("[data-chat-composer]");
  if (!form) return;
  const field = form.querySelector("textarea");
  const problem = form.querySelector("[data-chat-problem]");
  let saidAt = 0;
  let line = Promise.resolve(); // one message after the other, in the order they were written
  let failed = null; // {body, key} of what did not get through: sent again it is the same message

  function send() {
    const body = field.value;
    field.focus();
    if (!body.trim()) return;
    const key = failed?.body === body ? failed.key : keyOf();
    field.value = "";
    saidAt = 0;
    line = line.then(() => deliver(body, key));
  }

  /** What does not get through comes back, in front of what one wrote meanwhile. */
  async function deliver(body, key) {
    try {
      const options = { headers: { "Idempotency-Key": key }, keepalive: true };
      await call("POST", "/api/messages/", { recipientId: other, body }, options);
    } catch (error) {
      failed = { body, key };
      field.value = [body, field.value].filter(Boolean).join("\n");
      return tell(error.status ? sentenceOf(error) : text("notSaved"));
    }
    tell("");
    talk.querySelector("[role=log]").scrollTop = 0; // it begins at the bottom
    sent().catch(console.error);
  }

  function tell(words) {
    const said = Object.assign(document.createElement("p"), { className: "error", textContent: words });
    problem.replaceChildren(...(words ? [said] : []));
    field.toggleAttribute("aria-invalid", Boolean(words));
    field.closest(".talk-text").classList.toggle("has-error", Boolean(words));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.shiftKey || event.altKey) return;
    const byButton = matchMedia("(pointer: coarse)").matches && !(event.ctrlKey || event.metaKey);
    if (byButton) return;
    event.preventDefault();
    send();
  });
  field.addEventListener("input", () => {
    if (!field.value.trim() || Date.now() - saidAt < EVERY) return;
    saidAt = Date.now();
    feed.send({ type: "chat:typing", to: other });
  });
  if (matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
}

const keyOf = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const sentenceOf = ({ body, message }) => Object.values(body ?? {}).flat().find((words) => typeof words === "string") ?? message;
