/** What this browser remembers. Storage may be blocked: then nothing is remembered. */

export function remembered(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`leadbell:${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`leadbell:${name}`, JSON.stringify(value));
  } catch {
    // A private window: it lasts as long as the page.
  }
}
