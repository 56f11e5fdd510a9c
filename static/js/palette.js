// The command palette: what the page can do ([data-command], each with its key) at once, records from the server below.
import { fragment } from "./fetched.js";
import { press } from "./keys.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
const ORDER = ["This conversation", "This page", "Go to", "Settings"];
let timer;
let count = 0;

const make = (tag, className, ...parts) => { const element = document.createElement(tag); element.className = className; element.append(...parts); return element; };

/** The text with what was typed set apart. */
function marked(text, words) {
  const at = words ? text.toLowerCase().indexOf(words) : -1;
  return at < 0 ? [text] : [text.slice(0, at), make("mark", "", text.slice(at, at + words.length)), text.slice(at + words.length)];
}

function option(element, text, words) {
  const key = element.dataset.key;
  const icon = element.querySelector("svg, .nav__queue")?.cloneNode(true) ?? make("span", "");
  const item = make("div", "menu__item", icon, make("span", "truncate", ...marked(text, words)));
  item.setAttribute("role", "option");
  if (key) item.append(make("kbd", "kbd push", key.replace("shift+", "⇧").toUpperCase()));
  item.run = () => press(element);
  return item;
}

/** How well a label answers: its beginning, the beginning of a word in it, anything else. */
function rank(text, words) {
  const label = text.toLowerCase();
  return label.startsWith(words) ? 0 : label.includes(` ${words}`) ? 1 : 2;
}

function commands(words) {
  const groups = new Map();
  for (const element of document.querySelectorAll("[data-command]")) {
    const text = element.dataset.command;
    if (words && !words.split(/\s+/).every((word) => text.toLowerCase().includes(word))) continue;
    const group = element.dataset.group ?? "This page";
    if (!groups.has(group)) groups.set(group, new Map());
    if (!groups.get(group).has(text)) groups.get(group).set(text, element);
  }
  const place = ([name, items]) => Math.min(...[...items.keys()].map((text) => rank(text, words))) * 10 + (ORDER.indexOf(name) + ORDER.length + 1) % (ORDER.length + 1);
  return [...groups].sort((a, b) => place(a) - place(b)).map(([name, items]) => {
    const best = [...items].sort(([a], [b]) => rank(a, words) - rank(b, words));
    const box = make("div", "", make("p", "menu__label", name), ...best.map(([text, element]) => option(element, text, words)));
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", name);
    return box;
  });
}

function choose(item) {
  for (const other of list.querySelectorAll("[role=option]")) { other.id ||= `option-${count++}`; other.setAttribute("aria-selected", String(other === item)); }
  input.setAttribute("aria-activedescendant", item?.id ?? "");
  item?.scrollIntoView({ block: "nearest" });
}

function show() {
  const words = input.value.trim().toLowerCase();
  list.replaceChildren(...commands(words));
  choose(list.querySelector("[role=option]"));
  clearTimeout(timer);
  if (words.length >= 2) timer = setTimeout(() => records(words), 120); else nothing(words);
}

function nothing(words) {
  if (words && !list.querySelector("[role=option]")) list.replaceChildren(make("p", "palette__none", `Nothing found for “${words}”.`));
}

async function records(words) {
  const { html } = await fragment(`/palette?q=${encodeURIComponent(words)}`).catch(() => ({ html: "" }));
  if (input.value.trim().toLowerCase() !== words) return;
  list.insertAdjacentHTML("beforeend", html);
  for (const text of list.querySelectorAll("a.menu__item > .truncate:not(.muted)")) text.replaceChildren(...marked(text.textContent, words));
  nothing(words);
  const exact = list.querySelector("[data-exact]");
  choose(exact ?? list.querySelector('[aria-selected="true"]') ?? list.querySelector("[role=option]"));
}

function run(item, aside) {
  if (!item) return;
  dialog.close();
  if (item.run) return item.run();
  if (aside) window.open(item.href); else location.assign(item.href);
}

if (dialog) {
  document.addEventListener("palette:open", () => { if (dialog.open) return; input.value = ""; show(); dialog.showModal(); input.focus(); });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]")) { event.preventDefault(); document.dispatchEvent(new CustomEvent("palette:open")); } });
  input.addEventListener("input", show);
  list.addEventListener("click", (event) => { const item = event.target.closest("[role=option]"); if (item) { event.preventDefault(); run(item, event.metaKey || event.ctrlKey); } });
  dialog.addEventListener("keydown", (event) => {
    const items = [...list.querySelectorAll("[role=option]")];
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); choose(items[(at + step + items.length) % items.length]); }
    if (event.key === "Enter") { event.preventDefault(); run(items[at], event.metaKey || event.ctrlKey); }
  });
}
