/**
 * A lead's fields, changed where they stand.
 *
 *   <div id data-hold data-open>        open: the form is there instead of the value
 *     <button data-fact-open>           Enter or a click opens it
 *     <form data-inplace>               Enter saves
 *       <a data-fact-leave>             so does this leave it, as Escape does
 */
import { refill } from "./swap.js";

export function facts() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-fact-open]");
    const leaver = event.target.closest("[data-fact-leave]");
    if (opener) open(opener.closest("[data-hold]"));
    if (!leaver) return;
    event.preventDefault();
    leave(leaver.closest("[data-hold]"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    const fact = event.target.closest?.("[data-hold][data-open]");
    if (fact?.querySelector("[data-fact-leave]")) leave(fact);
    else fact?.querySelector("[data-leave]")?.click();
  });
}

function open(fact) {
  fact.dataset.open = "";
  delete fact.dataset.release;
  const field = fact.querySelector("form :is(input:not([type=hidden]), textarea)");
  field.focus();
  field.select();
}

/** What came meanwhile, while this was held, is shown now. */
function leave(fact) {
  fact.querySelector("form").reset();
  delete fact.dataset.open;
  fact.dataset.release = "";
  fact.querySelector("[data-fact-open], select")?.focus();
  refill(document.querySelector("[data-refill-on-leads]")).catch(console.error);
}
