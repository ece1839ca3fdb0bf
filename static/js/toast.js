/**
 * One toast: built from the page's <template>, filled as text. Content is
 * `{id, kind, title, message, url}`; it leaves at `until`, unless somebody is at it.
 */
export const LIFE = 5_000; // milliseconds

export const isHeld = (element) => element.matches(":hover") || element.contains(document.activeElement);

/** Closes when its time is over, unless somebody is at it: then it has its whole life again. */
export function expire(entry, close) {
  const { element } = entry;
  let timer = null;
  const hold = () => clearTimeout(timer);
  const wait = () => {
    hold();
    timer = setTimeout(() => (entry.until > Date.now() ? wait() : close()), entry.until - Date.now());
  };
  const again = () => {
    hold();
    if (isHeld(element)) return;
    entry.until = Date.now() + LIFE;
    wait();
  };
  element.addEventListener("pointerenter", hold);
  element.addEventListener("pointerleave", again);
  element.addEventListener("focusin", hold);
  element.addEventListener("focusout", () => setTimeout(again));
  wait();
}

export function build({ id, kind, title, message, url }) {
  const template = document.querySelector("template[data-toast-template]");
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.dataset.toast = id;
  toast.querySelector("use").setAttribute("href", `#i-${kind}`);
  toast.querySelector("[data-toast-title]").textContent = title;
  toast.querySelector("[data-toast-message]").textContent = message;
  if (safe(url)) toast.querySelector("[data-toast-open]").href = url;
  return toast;
}

/** Notifications carry urls of our own pages; an administrator's may point elsewhere, by http only. */
function safe(url) {
  try {
    return Boolean(url) && /^https?:$/.test(new URL(url, location.origin).protocol);
  } catch {
    return false;
  }
}
