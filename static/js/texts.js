/** The sentences that scripts say. They live in templates/_texts.html, where they are translated. */

const source = document.getElementById("texts")?.dataset ?? {};

/** `text("nextTry", {n: 4})` is `data-say-next-try` with its `{n}` filled in. */
export function text(name, values = {}) {
  const sentence = source[`say${name[0].toUpperCase()}${name.slice(1)}`] ?? "";
  return sentence.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** `text("xOne")` or `text("xMany", {n})`. */
export function counted(name, n) {
  return text(n === 1 ? `${name}One` : `${name}Many`, { n });
}
