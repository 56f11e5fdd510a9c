// A link with data-dialog opens the form of its page as a dialog over this one; without a script it is a page. The form comes
// back with its errors as the page would.
import { page, submit } from "./fetched.js";
import { applyPage } from "./patch.js";
import { carryToasts, showToasts, UNREACHED } from "./toast.js";

function fill(dialog, doc) {
  const form = doc.querySelector("[data-dialog-form]");
  if (!form) return false;
  dialog.replaceChildren(document.importNode(form, true));
  dialog.setAttribute("aria-labelledby", dialog.querySelector("h1, h2")?.id ?? "");
  (dialog.querySelector("[data-error-summary]") ?? dialog.querySelector("[autofocus]") ?? dialog.querySelector("input:not([type=hidden]), select, textarea, button"))?.focus();
  return true;
}

/** Shows the form of a page that was asked for. Answers whether there was one. */
export function openPage(answer) {
  const dialog = document.createElement("dialog");
  dialog.className = `dialog ${answer.doc.querySelector("[data-dialog-form]")?.dataset.dialogForm ?? ""}`;
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target.closest("[data-close]")) { event.preventDefault(); dialog.close(); } });
  dialog.addEventListener("submit", async (event) => {
    if (event.target.method !== "post") return;
    event.preventDefault();
    const next = await submit(event.target, event.submitter).catch(() => undefined);
    if (!next) return showToasts(undefined, UNREACHED);
    if (fill(dialog, next.doc)) return;
    dialog.close();
    if (!next.ok || !next.doc.querySelector("[data-conversation]") || !document.querySelector("[data-conversation]")) { carryToasts(next.doc); return location.assign(next.url); }
    applyPage(next);
    showToasts(next.doc);
    document.dispatchEvent(new CustomEvent("dialog:done", { detail: event.target.dataset.dialogForm }));
  });
  dialog.showModal();
  if (fill(dialog, answer.doc)) return true;
  dialog.close();
  return false;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const answer = await page(link.href).catch(() => undefined);
  if (!answer) return showToasts(undefined, UNREACHED);
  if (!openPage(answer)) location.assign(link.href);
});
