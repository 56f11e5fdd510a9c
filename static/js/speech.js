// One queue to the two live regions: at most one polite line in five seconds, the newest of each kind.
const waiting = new Map();
let timer;
let last = 0;

function flush() {
  timer = undefined;
  const [kind, text] = waiting.entries().next().value ?? [];
  if (!kind) return;
  waiting.delete(kind);
  last = Date.now();
  const region = document.querySelector("[data-speech=polite]");
  if (region) region.textContent = text;
  if (waiting.size) timer = setTimeout(flush, 5000);
}

/** Says `text` when it is its turn; a later text of the same kind takes its place. */
export function say(kind, text) {
  waiting.set(kind, text);
  timer ??= setTimeout(flush, Math.max(100, last + 5000 - Date.now()));
}

/** Only for: not sent, changed under an unsaved edit, session about to end. */
export function alert(text) {
  const region = document.querySelector("[data-speech=assertive]");
  if (region) region.textContent = text;
}
