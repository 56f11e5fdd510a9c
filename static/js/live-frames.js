// What the page does with a frame of the socket: `ops` carry rendered HTML, everything else is a hint to ask again.
import { AGAIN, fragment, refreshSoon } from "./fetched.js";
import { append, paint, parse, replace } from "./patch.js";
import { say } from "./speech.js";
import { showToasts } from "./toast.js";

const open = () => document.querySelector("[data-conversation]")?.dataset.conversation;
const KEPT = 1200;
let asked, heard;

/** Counts are asked for at most once a second, and once more when it has been quiet: the server keeps them for a second. */
function countSoon(wait = 1000) {
  const counts = document.getElementById("nav-counts");
  if (counts) asked ??= setTimeout(() => { asked = undefined; count(counts.dataset.href).catch(() => countSoon(AGAIN)); }, wait);
}

async function count(url) {
  const early = performance.now() - heard < KEPT;
  const { html, question } = await fragment(url);
  replace(document.getElementById("nav-counts"), parse(html), question);
  if (early) countSoon(KEPT);
}

function heardOf() { heard = performance.now(); countSoon(); }
heardOf();

function apply(op) {
  const old = document.getElementById(op.id);
  if (op.op === "put" || op.op === "leave") return document.querySelector("live-list")?.take(op);
  if (op.op === "swap") return old && paint(old, parse(op.html));
  if (op.op === "say") return say(op.kind ?? "news", op.text);
  if (op.op === "tell") return showToasts(undefined, op.text);
  if (op.op !== "add") return;
  const box = document.getElementById(op.to);
  if (box) append(box, parse(op.html));
}

document.addEventListener("live:frame", ({ detail: frame }) => {
  for (const op of frame.ops ?? []) apply(op);
  if (/^(presence|company)\./.test(frame.type)) return;
  heardOf();
  const again = document.querySelector("[data-again]")?.dataset.again.split(" ");
  if (again && (again.some((word) => frame.op === word || frame.type.startsWith(word)) || document.querySelector(`[data-live] [data-key="${frame.id}"]`))) refreshSoon();
  if (frame.id && (frame.id === open() || frame.id === document.querySelector("[data-interaction]")?.dataset.interaction)) refreshSoon();
});
document.addEventListener("live:refresh", () => { refreshSoon(0); heardOf(); });

// The end of the thread stays in sight only for those who are there; others get a pill.
document.addEventListener("thread:added", ({ target, detail: message }) => {
  const box = target.closest(".thread__scroll");
  if (!box) return;
  const who = message.dataset.by;
  if (who && message.classList.contains("msg")) say("message", `${who} wrote`);
  const pill = document.querySelector("[data-thread-pill]");
  if (box.scrollHeight - box.scrollTop - box.clientHeight - message.offsetHeight < 120) box.scrollTop = box.scrollHeight;
  else if (pill) pill.parentElement.hidden = false;
});
document.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-thread-pill]")) return;
  const box = document.querySelector(".thread__scroll");
  box.scrollTop = box.scrollHeight;
  target.closest("[data-thread-pill]").parentElement.hidden = true;
});

/** A thread opens at its end. */
export function showEnd() { for (const box of document.querySelectorAll("[data-scroll=end]")) box.scrollTop = box.scrollHeight; }
