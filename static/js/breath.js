/**
 * Lets the browser do what waits, draw or take a click, before the script goes on. By no timer: those of
 * a page that nobody looks at sleep.
 */
export function breath() {
  const { port1, port2 } = new MessageChannel();
  const taken = new Promise((resolve) => (port1.onmessage = resolve));
  port2.postMessage(null);
  return taken.then(() => port1.close());
}
