// A menu is a <details class="pop">. Here: one open at a time, arrows, Esc, a press elsewhere closes. Also the theme switch.
const open = () => document.querySelector("details.pop[open]");

document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("details.pop[open]")) if (!menu.contains(target) || target.closest(".menu a, .menu button")) menu.open = false;
  const theme = target.closest("[data-set-theme]");
  if (theme) document.documentElement.dataset.theme = theme.dataset.setTheme;
});
document.addEventListener("keydown", (event) => {
  const menu = open();
  if (!menu) return;
  const items = [...menu.querySelectorAll(".menu a, .menu button, .menu input")];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); event.stopPropagation(); }
  if (to === undefined || !menu.contains(document.activeElement)) return;
  event.preventDefault();
  items[(to + items.length) % items.length]?.focus();
});
// The answer of the theme form is not needed: the page has changed already.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-quiet]") || !event.submitter) return;
  event.preventDefault();
  fetch(event.target.action, { method: "POST", body: new URLSearchParams(new FormData(event.target, event.submitter)) });
});
