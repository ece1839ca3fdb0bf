/**
 * A file that is sent in parts, so that none is larger than a request may be. What is there already is
 * not sent again: who was cut off chooses the same file once more.
 *
 *   <form data-import-file data-begin="/imports/begin/" data-part-bytes="524288">
 *     <input type="file" name="file">, [data-drop], [data-sending] with <progress> and [data-sent],
 *     [data-refused], <template data-words>
 */
import { ApiError, bytes, submit } from "./api.js";

const TRIES = 4;
const PAUSE = 1_000; // milliseconds, and twice that before each further try
const MEGABYTE = 1024 * 1024;

const form = document.querySelector("[data-import-file]");
const input = form.querySelector("input[type=file]");
const place = form.querySelector("[data-sending]");
const refused = form.querySelector("[data-refused]");
const words = form.querySelector("[data-words]").dataset;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const file = input.files[0];
  if (file) send(file);
  else refuse(words.chooseWords);
});

const drop = form.querySelector("[data-drop]");
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.dataset.over = "";
});
drop.addEventListener("dragleave", () => delete drop.dataset.over);
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  delete drop.dataset.over;
  if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
});

async function send(file) {
  busy(true);
  try {
    const begun = await asked(form.dataset.begin, { name: file.name, size: file.size, version: file.lastModified });
    await sendParts(file, begun);
    say(words.lookingWords, 100);
    location.assign((await asked(begun.complete, {})).url);
  } catch (error) {
    refuse(error instanceof ApiError && error.body?.detail ? error.body.detail : words.brokenWords);
  }
}

async function sendParts(file, { parts, received }) {
  const size = Number(form.dataset.partBytes);
  const there = new Set(received);
  for (let number = 0; number * size < file.size; number += 1) {
    const end = Math.min(file.size, (number + 1) * size);
    if (!there.has(number)) await sendPart(`${parts}${number}/`, file.slice(number * size, end));
    const filled = words.sendingWords.replace("{done}", inMegabytes(end)).replace("{all}", inMegabytes(file.size));
    say(filled, (100 * end) / file.size);
  }
}

/** A part that does not get through is tried again; one that is refused is not. */
async function sendPart(path, part) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await bytes(path, part);
    } catch (error) {
      const final = error instanceof ApiError && error.status < 500;
      if (final || tried === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE * 2 ** (tried - 1)));
    }
  }
}

async function asked(path, fields) {
  const { status, body } = await submit(path, fields);
  if (status >= 400) throw new ApiError(status, body);
  return body;
}

const inMegabytes = (size) => (size / MEGABYTE).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });

function say(sentence, percent) {
  place.querySelector("progress").value = percent;
  const line = place.querySelector("[data-sent]");
  if (line.textContent !== sentence) line.textContent = sentence;
}

function busy(yes) {
  place.hidden = !yes;
  form.querySelector("button[type=submit]").disabled = yes;
  if (yes) refused.hidden = true;
}

function refuse(sentence) {
  busy(false);
  form.querySelector(".errors")?.remove();
  refused.textContent = sentence;
  refused.hidden = false;
  input.focus();
}
