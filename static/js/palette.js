// The command palette: what the page can do ([data-command], each with its key) at once, records from the server below.
import { fragment } from "./fetched.js";
import { press } from "./keys.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
const ORDER = ["This conversation", "This page", "Go to", "Settings"];
let timer;
let count = 0;

function option(text, key, run) {
  const item = document.createElement("div");
  item.className = "menu__item";
  item.setAttribute("role", "option");
  item.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (key) item.append(Object.assign(document.createElement("kbd"), { className: "kbd push", textContent: key.replace("shift+", "⇧").toUpperCase() }));
  item.run = run;
  return item;
}

function commands(words) {
  const groups = new Map();
  for (const element of document.querySelectorAll("[data-command]")) {
    const text = element.dataset.command;
    if (words && !words.split(/\s+/).every((word) => text.toLowerCase().includes(word))) continue;
    const group = element.dataset.group ?? "This page";
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(option(text, element.dataset.key, () => press(element)));
  }
  const place = ([name]) => (ORDER.indexOf(name) + ORDER.length + 1) % (ORDER.length + 1);
  return [...groups].sort((a, b) => place(a) - place(b)).map(([name, items]) => {
    const box = document.createElement("div");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", name);
    box.append(Object.assign(document.createElement("p"), { className: "menu__label", textContent: name }), ...items);
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
  if (words.length >= 2) timer = setTimeout(() => records(words), 120);
}

async function records(words) {
  const { html } = await fragment(`/palette?q=${encodeURIComponent(words)}`).catch(() => ({ html: "" }));
  if (input.value.trim().toLowerCase() !== words) return;
  list.insertAdjacentHTML("beforeend", html);
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
