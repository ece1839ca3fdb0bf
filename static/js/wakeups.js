/**
 * When the browser says that the world may have moved on: back online, or a page that was hidden,
 * frozen or kept for the Back button is looked at again. Does nothing outside a browser.
 */
export class Wakeups {
  #listeners;

  constructor({ online, offline, awake }) {
    const visible = () => document.visibilityState === "visible" && awake();
    const shown = (event) => event.persisted && awake();
    this.#listeners = [
      [globalThis, "online", online],
      [globalThis, "offline", offline],
      [globalThis, "pageshow", shown],
      [globalThis.document, "visibilitychange", visible],
    ];
  }

  listen() {
    this.#listeners.forEach(([target, name, listener]) => target?.addEventListener?.(name, listener));
  }

  ignore() {
    this.#listeners.forEach(([target, name, listener]) => target?.removeEventListener?.(name, listener));
  }
}
