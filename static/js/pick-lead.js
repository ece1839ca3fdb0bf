/**
 * Choosing a lead by its name in a form. Without scripts the server finds who is meant.
 *
 *   <div data-pick-lead> with [name=lead_name] and [name=lead]
 */
import { combobox } from "./combobox.js";
import { leadsCalled } from "./lead-search.js";
import { text } from "./texts.js";

export function pickLead() {
  const place = document.querySelector("[data-pick-lead]");
  if (!place) return;
  const input = place.querySelector("[name=lead_name]");
  const chosen = place.querySelector("input[type=hidden][name=lead]");
  if (!chosen) return; // the server asks which of several
  const list = Object.assign(document.createElement("ul"), { id: "lead-options", className: "options", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", text("leads"));
  input.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": list.id,
    "aria-autocomplete": "list",
  })) {
    input.setAttribute(name, value);
  }
  const box = combobox(input, list, {
    find: async (words, show) => show(await leadsCalled(words)),
    choose: ({ id, label }) => {
      input.value = label;
      chosen.value = id;
    },
  });
  input.addEventListener("input", () => (chosen.value = ""));
  input.addEventListener("blur", () => box.close());
}
