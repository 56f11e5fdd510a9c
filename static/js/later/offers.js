// What is offered while one writes: canned responses after a /, colleagues after an @ in a note. Arrows choose, Enter or Tab
// puts it in, Escape goes back; after that Tab goes to the next blank.
import { fragment } from "../fetched.js";
import { parse } from "../patch.js";

const WORD = /(^|\s)([/@]\S*)$/;
const BLANK = /\[\[[^[\]{}\n]{1,60}\]\]/g;
let box, asked = 0, declined;

/** The word before the caret that asks for something. */
function word(composer) {
  const { value, selectionStart } = composer.text, found = WORD.exec(value.slice(0, selectionStart))?.[2];
  return found?.[0] === "@" && !composer.querySelector("[value=note]:checked") ? undefined : found;
}

export async function offer(composer) {
  if (!composer.offers) listen(composer);
  const typed = word(composer), number = ++asked;
  if (!typed || declined === composer.text.selectionStart - typed.length) return close(composer);
  declined = undefined;
  const { html } = await fragment(`/conversations/${composer.dataset.conversation}/offers?q=${encodeURIComponent(typed)}`).catch(() => ({}));
  if (number !== asked || word(composer) !== typed) return;
  close(composer);
  if (!html || (typed.length > 1 && !html.includes("role=\"option\""))) return;
  box = parse(html);
  composer.form.append(box);
  composer.text.setAttribute("aria-controls", "offers-list");
  choose(composer, options()[0]);
}

const options = () => [...(box?.querySelectorAll("[role=option]") ?? [])];
const chosen = () => options().find((one) => one.getAttribute("aria-selected") === "true");

function choose(composer, item) {
  for (const one of options()) {
    one.setAttribute("aria-selected", String(one === item));
    const text = document.getElementById(`${one.id}-text`);
    if (text) text.hidden = one !== item;
  }
  if (!item) return;
  composer.text.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

function close(composer) {
  box?.remove();
  box = undefined;
  composer.text.removeAttribute("aria-activedescendant");
  composer.text.removeAttribute("aria-controls");
}

function put(composer, item) {
  const { text } = composer, typed = word(composer) ?? "", from = text.selectionStart - typed.length;
  close(composer);
  text.focus();
  text.setRangeText(item.dataset.text, from, text.selectionStart, "end");
  text.selectionStart = text.selectionEnd = from;
  if (!blank(text)) text.selectionStart = text.selectionEnd = from + item.dataset.text.length;
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Selects the first blank after the caret. */
function blank(text) {
  BLANK.lastIndex = text.selectionEnd;
  const found = BLANK.exec(text.value);
  if (found) text.setSelectionRange(found.index, BLANK.lastIndex);
  return found;
}

function key(composer, event) {
  if (event.key === "Tab" && !box && !event.shiftKey && blank(composer.text)) return event.preventDefault();
  if (!box || event.metaKey || event.ctrlKey || event.isComposing) return;
  const all = options(), step = { ArrowDown: 1, ArrowUp: -1 }[event.key], item = chosen();
  if (event.key === "Escape") { declined = composer.text.selectionStart - word(composer)?.length; close(composer); }
  else if (step && all.length) choose(composer, all[(all.indexOf(item) + step + all.length) % all.length]);
  else if (["Enter", "Tab"].includes(event.key) && item && !event.shiftKey) put(composer, item);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function listen(composer) {
  composer.offers = true;
  composer.text.addEventListener("keydown", (event) => key(composer, event));
  composer.text.addEventListener("input", () => { if (!word(composer)) { asked++; declined = undefined; close(composer); } });
  composer.text.addEventListener("blur", () => setTimeout(() => { if (!composer.contains(document.activeElement)) close(composer); }, 100));
  composer.addEventListener("mousedown", (event) => { if (event.target.closest("#offers")) event.preventDefault(); });
  composer.addEventListener("click", ({ target }) => { const item = target.closest("#offers [role=option]"); if (item) put(composer, item); });
}
