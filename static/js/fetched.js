// Pages asked for by script are the same pages the browser would get; only parts of them are taken. Every question has a
// number, so that the answer to an earlier one never replaces that to a later one.
import { applyPage } from "./patch.js";

let questions = 0;

async function read(response) {
  const doc = new DOMParser().parseFromString(await response.text(), "text/html");
  return { status: response.status, ok: response.ok, url: response.url, doc };
}

/** GET, parsed. A sign-in page instead of the asked one means that the session ended: go there. */
export async function page(url, options = {}) {
  const question = ++questions;
  const answer = { ...await read(await fetch(url, { headers: { Accept: "text/html" }, ...options })), question };
  if (new URL(answer.url).pathname === "/sign-in" && location.pathname !== "/sign-in") location.assign(answer.url);
  return answer;
}

/** Sends a form as the browser would, with the pressed button, and follows the answer. */
export function submit(form, button) {
  const body = new URLSearchParams(new FormData(form, button?.name ? button : undefined));
  return page(button?.hasAttribute("formaction") ? button.formAction : form.action, { method: "POST", body });
}

/** Asks for this page again and brings every live part up to date. */
async function refresh() {
  const answer = await page(location.href);
  if (answer.ok) applyPage(answer);
  return answer;
}

let asked;
/** As refresh, at most once a second, however often it is called. Without an answer it asks again: what was missed is not told twice. */
export function refreshSoon(wait = 400) {
  asked ??= setTimeout(async () => {
    asked = undefined;
    const answer = await refresh().catch(() => undefined);
    if (!answer || answer.status >= 500) refreshSoon(AGAIN);
  }, wait);
}

/** After how long a question without an answer is asked again. */
export const AGAIN = 3000;

/** The HTML of a fragment, and the number of the question. */
export async function fragment(url) {
  const question = ++questions;
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (response.status >= 500) throw new Error(`${response.status}`);
  return { html: response.ok ? await response.text() : "", question };
}
