/*
 * The service worker shows desktop notifications and answers clicks on them. It caches nothing: a
 * page of Leadbell is always the server's.
 */

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { id, url } = event.notification.data ?? {};
  const place = url || "/notifications/";
  event.waitUntil(open(id ? `${place}#notification=${id}` : place)); // a storm has no id
});

async function open(address) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = windows.find((page) => page.focused) ?? windows[0];
  if (!ours) return self.clients.openWindow(address);
  await ours.focus();
  ours.postMessage({ open: address });
}
