// Puts newer HTML in place of older. An element that is newer than what arrives stays: by data-version, for the same data-of.
const version = (element) => Number(element?.dataset?.version ?? -1);
const isOlder = (fresh, old) => old.dataset.of === fresh.dataset.of && version(old) > version(fresh);

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Swaps `old` for `fresh`, the answer to a question, and gives focus back to the same id. Answers whether it did. */
export function replace(old, fresh, question = old?.question) {
  if (!old || !fresh || isOlder(fresh, old) || old.question > question) return false;
  old.question = fresh.question = question;
  if (old.isEqualNode(fresh)) return false;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const inRow = !focused && old.contains(document.activeElement);
  const link = inRow && document.activeElement.getAttribute("href");
  const open = [...old.querySelectorAll("details[open]")].map((d) => d.id).filter(Boolean);
  for (const box of old.querySelectorAll(":checked:not(option)")) {
    const same = fresh.querySelector(`[value="${CSS.escape(box.value)}"]:not(:disabled)`);
    if (same) same.checked = true;
  }
  const scrolled = [...old.querySelectorAll("[id]")].map(({ id, scrollTop }) => [id, scrollTop]).filter(([, top]) => top);
  for (const id of open) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  old.replaceWith(fresh);
  for (const [id, top] of scrolled) fresh.querySelector(`#${CSS.escape(id)}`)?.scrollTo(0, top);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  else if (inRow) (fresh.querySelector(link ? `[href="${CSS.escape(link)}"]` : "none") ?? fresh.querySelector("a, button"))?.focus({ preventScroll: true });
  return true;
}

/** As replace, with a tint that fades where something is newer. */
export function paint(old, fresh) {
  const same = version(old) >= 0 && version(old) === version(fresh);
  if (!replace(old, fresh) || same) return false;
  fresh.classList.add("flash");
  setTimeout(() => fresh.classList.remove("flash"), 4000);
  return true;
}

/** Adds a message or an event to the thread, once. */
export function append(box, fresh) {
  const known = fresh.id && document.getElementById(fresh.id);
  if (known) return replace(known, fresh);
  box.append(fresh);
  box.dispatchEvent(new CustomEvent("thread:added", { bubbles: true, detail: fresh }));
  return true;
}

/** Brings every live part of this page up to what an answer shows. Lists keep their order until the agent asks. */
export function applyPage({ doc, question }) {
  for (const part of doc.querySelectorAll("[data-live][id]")) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    const fresh = document.importNode(part, true);
    if (part.dataset.live === "append") for (const child of [...fresh.children]) append(old, child);
    else if (part.dataset.live === "list") old.dispatchEvent(new CustomEvent("list:fresh", { bubbles: true, detail: fresh }));
    else replace(old, fresh, question);
  }
  if (doc.title) document.title = doc.title;
  const main = document.querySelector("[data-conversation]"), now = doc.querySelector("[data-conversation]");
  if (main && main.dataset.conversation === now?.dataset.conversation) {
    main.dataset.interaction = now.dataset.interaction ?? "";
    document.querySelector("live-page")?.watch(doc.querySelector("live-page")?.getAttribute("topics"));
  }
  document.dispatchEvent(new CustomEvent("page:applied"));
}
