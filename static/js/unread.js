// Which rows have news for this reader: what they saw last is remembered in this browser, the newest 500 conversations.
import { keep, kept } from "./kept.js";

const KEY = "seen";
const seen = () => kept(KEY) ?? {};

function mark() {
  const known = seen();
  const open = document.querySelector("[data-conversation]")?.dataset.conversation;
  for (const row of document.querySelectorAll(".row[data-last]")) {
    const last = Number(row.dataset.last);
    if (row.dataset.key === open && !document.hidden && known[open] !== last) {
      delete known[open];
      known[open] = last;
      keep(KEY, Object.fromEntries(Object.entries(known).slice(-500)));
    }
    const news = row.dataset.turn === "ours" && (known[row.dataset.key] ?? 0) < last;
    row.toggleAttribute("data-unread", news);
    const word = row.querySelector("[data-unread-word]");
    if (word) word.hidden = !news;
  }
}
export const markUnread = mark;
mark();
for (const name of ["live:frame", "list:ordered", "page:applied", "visibilitychange"]) document.addEventListener(name, () => setTimeout(mark));
