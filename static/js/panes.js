// Opening another conversation or another tab changes only its panes; the list keeps its place. The links work as they are.
import { page, submit } from "./fetched.js";
import { showEnd } from "./live-frames.js";
import { showToasts, UNREACHED } from "./toast.js";

const PANES = ["thread", "record", "skips"];

function take(answer, url, push) {
  const inbox = document.querySelector(".inbox"), fresh = answer.doc.querySelector(".inbox");
  if (!inbox || !fresh || !answer.ok) return location.assign(url);
  for (const id of PANES) {
    const old = document.getElementById(id), now = answer.doc.getElementById(id);
    if (old && now) old.replaceWith(document.importNode(now, true));
    else if (now && id !== "skips") inbox.append(document.importNode(now, true));
    else if (old && id !== "skips") old.remove();
  }
  for (const name of ["pane", "conversation", "interaction"]) if (fresh.dataset[name]) inbox.dataset[name] = fresh.dataset[name]; else delete inbox.dataset[name];
  for (const slot of document.querySelectorAll(".rows > li")) slot.toggleAttribute("aria-current", false);
  const row = fresh.dataset.conversation && document.querySelector(`.row[data-key="${fresh.dataset.conversation}"]`);
  row?.parentElement.setAttribute("aria-current", "true");
  document.title = answer.doc.title;
  if (push) history.pushState(null, "", url);
  const live = answer.doc.querySelector("live-page");
  if (live) document.querySelector("live-page")?.watch(live.getAttribute("topics"));
  showEnd();
  if (new URL(url, location.href).hash === "#reply") document.getElementById("reply")?.focus();
}

async function visit(url, push) {
  const answer = await page(url).catch(() => undefined);
  if (answer) take(answer, url, push); else showToasts(undefined, UNREACHED);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".row a, #record .tabs a, a[data-pane-link]");
  if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button || !document.querySelector(".inbox")) return;
  event.preventDefault();
  const to = new URL(link.href);
  const here = new URL(location.href);
  if (link.closest(".row")) for (const [name, value] of here.searchParams) if (name === "sort" || name === "tag") to.searchParams.set(name, value);
  visit(to.href, true);
});
// What is resolved makes room for the next one that is our turn.
document.addEventListener("dialog:done", ({ detail }) => {
  if (detail !== "resolve" || !location.search.includes("open=")) return;
  const ours = [...document.querySelectorAll('[data-group="ours"] > li')];
  const at = ours.findIndex((row) => row.hasAttribute("aria-current"));
  (ours[at + 1] ?? ours.find((row, place) => place !== at))?.querySelector(".row__link").click();
});
// Reply on a row that nobody has.
document.addEventListener("submit", async (event) => {
  if (event.target.id !== "claim" || event.defaultPrevented) return;
  event.preventDefault();
  const answer = await submit(event.target, event.submitter).catch(() => undefined);
  if (!answer) return showToasts(undefined, UNREACHED);
  take(answer, `${answer.url}#reply`, true);
  showToasts(answer.doc);
});
window.addEventListener("popstate", () => { if (document.querySelector(".inbox")) visit(location.href, false); });

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggle-record]");
  const inbox = document.querySelector(".inbox");
  if (!toggle || !inbox || innerWidth < 1280) return;
  event.preventDefault();
  if (inbox.dataset.record === "hidden") delete inbox.dataset.record; else inbox.dataset.record = "hidden";
});
