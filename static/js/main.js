// Everything a page may use. Each module finds its own elements and does nothing without them.
import "./live-clock.js";
import "./local-time.js";
import "./live-page.js";
import "./live-strip.js";
import "./live-list.js";
import { showEnd } from "./live-frames.js";
import "./composer.js";
import "./draft-keeper.js";
import "./unsaved.js";
import "./seen.js";
import "./dialogs.js";
import "./toast.js";
import "./menus.js";
import "./keys.js";
import "./palette.js";
import "./panes.js";
import "./unread.js";

showEnd();
document.querySelector('.rec__tabs [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
// What only some pages need is fetched where an element asks for it.
for (const { dataset } of document.querySelectorAll("[data-script]")) import(`./later/${dataset.script}.js`);
document.querySelector("[data-error-summary]")?.focus();
for (const button of document.querySelectorAll("[data-show-password]")) button.addEventListener("click", () => {
  const field = document.getElementById(button.getAttribute("aria-controls"));
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
});

// A local time means nothing without its zone: minutes west of UTC at that very moment.
document.addEventListener("submit", ({ target: { elements: { tz, until } } }) => {
  if (tz && until?.value) tz.value = new Date(until.value).getTimezoneOffset();
}, true);
