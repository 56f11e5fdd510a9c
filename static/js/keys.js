// Single keys press what carries them: <a data-key="h">, <button data-key="n">, <a data-key="g m">. Never in a field, with a
// modifier or in a dialog. J and K walk the rows. html[data-keys=off] switches all of them off.
const typing = (target) => target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, dialog, [contenteditable]");
let first;
let timer;

export function press(element) {
  if (element.matches("input:not([type=radio], [type=checkbox]), textarea")) return element.focus();
  if (element.matches("summary")) { element.parentElement.open = true; return element.parentElement.querySelector(".menu a, .menu button")?.focus(); }
  element.click();
  const then = element.dataset.focus && document.querySelector(element.dataset.focus);
  if (then) then.focus();
}

const isDark = () => { const { theme } = document.documentElement.dataset; return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches; };
const isThere = (e) => e.dataset.setTheme ? (e.dataset.setTheme === "light") === isDark() : e.offsetParent !== null || e.closest("details");
const find = (key) => [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(isThere);

function walk(step) {
  const links = [...document.querySelectorAll(".row__link")];
  const focused = links.indexOf(document.activeElement);
  const at = focused >= 0 ? focused : links.findIndex((link) => link.closest('[aria-current="true"]'));
  links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
}

document.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.metaKey || event.ctrlKey) && key === "k") { event.preventDefault(); return document.dispatchEvent(new CustomEvent("palette:open")); }
  if (event.key === "F6") { event.preventDefault(); return pane(event.shiftKey ? -1 : 1); }
  if (event.key === "Escape" && event.target.matches?.("textarea, input") && !event.target.closest("dialog")) return event.target.blur();
  if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || document.documentElement.dataset.keys === "off") return;
  const name = `${first ? `${first} ` : ""}${event.shiftKey && /[a-z]/.test(key) ? "shift+" : ""}${key}`;
  clearTimeout(timer);
  first = undefined;
  if (name === "j" || name === "k") { event.preventDefault(); return walk(name === "j" ? 1 : -1); }
  const element = find(name);
  if (element) { event.preventDefault(); return press(element); }
  if (document.querySelector(`[data-key^="${CSS.escape(name)} "]`)) { first = name; timer = setTimeout(() => { first = undefined; }, 1000); }
});

// ⌘ is a key of a Mac; elsewhere it is called Ctrl.
function nameKeys() { for (const key of document.querySelectorAll("kbd")) if (key.textContent === "⌘") key.textContent = "Ctrl"; }
if (!/Mac|iP/.test(navigator.platform)) for (const name of ["DOMContentLoaded", "toggle", "focusin"]) document.addEventListener(name, nameKeys, true);

function pane(step) {
  const panes = [...document.querySelectorAll("nav.nav, .list, .thread, .record, .rec__form, .rec__side, .plain")].filter((p) => p.offsetParent !== null);
  const at = panes.findIndex((p) => p.contains(document.activeElement));
  const next = panes[(at + step + panes.length) % panes.length];
  (next?.querySelector('[aria-current="true"] a, [aria-current="page"], textarea, a, button, input') ?? next)?.focus();
}
