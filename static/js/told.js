/**
 * Notifications in the language and the zone of their reader: notifications/sentences.py says how. The
 * page has each sentence in both languages where they differ:
 *
 *   <template id="told"><i data-kind="score_updated" data-english="Score Updated" data-title="…"
 *     data-sentence="{lead} is now {score}" data-here="…"></i></template>
 *   <template id="told-words"><i data-word="phone">…</i></template>
 *   <template id="storms"><i data-kind="lead_created">{n} new leads</i></template>
 */
import { dates } from "./dates.js";

const MOMENT = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC";
const AT_THE_END = new RegExp(`${MOMENT}(, not ${MOMENT})?$`); // when it is, and when it was
const UTC_MOMENT = /(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/g;
const GAPS = { task: ".*", title: ".*", time: MOMENT, before: MOMENT, score: "-?\\d+", number: "[0-9,]+", file: ".*" };
const language = document.documentElement.lang || undefined;
const exact = dates({ dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
const inside = (id) => [...(document.getElementById(id)?.content.children ?? [])];
const words = new Map(inside("told-words").map((word) => [word.dataset.word, word.textContent]));
const sentences = inside("told").map(({ dataset }) => ({ ...dataset, pattern: patternOf(dataset.sentence) }));

/** `{title, message}` of a notification that came over the socket, as its reader should see them. */
export function told({ type, title, message }) {
  const ofKind = sentences.filter(({ kind }) => kind === type);
  const known = ofKind.find(({ english }) => english === title) ?? ofKind[0];
  const filled = known?.sentence && message.match(known.pattern);
  const plain = type === "event" ? message.replace(AT_THE_END, localised) : message;
  return {
    title: title === known?.english ? known.title : title,
    message: filled ? known.here.replace(/\{(\w+)\}/g, (_, gap) => fill(gap, filled.groups)) : plain,
  };
}

const storms = new Map(inside("storms").map(({ dataset, textContent }) => [dataset.kind, textContent]));

/** "12 new leads". */
export const toldStorm = (kind, n) => (storms.get(kind) ?? "{n}").replace("{n}", n);

function fill(gap, values) {
  if (gap === "time" || gap === "before") return localised(values[gap]);
  if (gap === "number") return Number(values.number.replaceAll(",", "")).toLocaleString(language);
  if (gap !== "fields") return values[gap];
  return values.fields.split(", ").map((word) => words.get(word) ?? word).join(", ");
}

const localised = (words) => words.replace(UTC_MOMENT, here);

function here(words, date, time) {
  const moment = new Date(`${date}T${time}Z`);
  return Number.isNaN(moment.getTime()) ? words : exact.format(moment);
}

function patternOf(sentence) {
  const escaped = sentence.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  const gap = (_, name) => `(?<${name}>${GAPS[name] ?? ".*?"})`;
  return new RegExp(`^${escaped.replace(/\{(\w+)\}/g, gap)}$`, "s");
}
