/**
 * Tells the server the zone that this browser is in, so that days begin and end as they do here. A
 * page that was made for another one is filled anew, once.
 *
 *   <html data-zone="UTC">            what the server took
 *   <div id data-live | data-refill-on-leads | data-inbox>
 */
import { refill } from "./swap.js";

const YEAR = 365 * 24 * 60 * 60; // seconds

export function zone() {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!here || document.cookie.split("; ").includes(`zone=${here}`)) return;
  document.cookie = `zone=${here}; path=/; max-age=${YEAR}; samesite=lax`;
  if (here === document.documentElement.dataset.zone) return;
  document.querySelectorAll("[data-live], [data-zone-name]").forEach((part) => refill(part).catch(console.error));
}
