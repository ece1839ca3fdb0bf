/**
 * Light, dark, or what the system says. Kept in this browser, and in a cookie so that the server
 * renders the next page right from its first byte.
 *
 *   <input type="radio" name="theme" value="system|light|dark" data-theme-choice>
 */
import { remember, remembered } from "./prefs.js";

const YEAR = 365 * 24 * 60 * 60; // seconds

export function theme() {
  const root = document.documentElement;
  const choose = (choice) => {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    document.cookie = `theme=${choice}; path=/; max-age=${YEAR}; samesite=lax`;
  };
  const current = remembered("theme", root.dataset.theme ?? "system");
  if (current !== (root.dataset.theme ?? "system")) choose(current);
  document.querySelectorAll("[data-theme-choice]").forEach((input) => {
    input.checked = input.value === current;
    input.addEventListener("change", () => {
      remember("theme", input.value);
      choose(input.value);
    });
  });
  addEventListener("storage", ({ key }) => key === "leadbell:theme" && choose(remembered("theme", "system")));
}
