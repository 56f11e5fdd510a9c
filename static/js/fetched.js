// Pages asked for by script are the same pages the browser would get; only parts of them are taken.
import { applyPage } from "./patch.js";

async function read(response) {
  const doc = new DOMParser().parseFromString(await response.text(), "text/html");
  return { status: response.status, ok: response.ok, url: response.url, doc };
}

/** GET, parsed. A sign-in page instead of the asked one means that the session ended: go there. */
export async function page(url, options = {}) {
  const answer = await read(await fetch(url, { headers: { Accept: "text/html" }, ...options }));
  if (new URL(answer.url).pathname === "/sign-in" && location.pathname !== "/sign-in") location.assign(answer.url);
  return answer;
}

/** Sends a form as the browser would, with the pressed button, and follows the answer. */
export function submit(form, button) {
  const body = new URLSearchParams(new FormData(form, button?.name ? button : undefined));
  return page(button?.hasAttribute("formaction") ? button.formAction : form.action, { method: "POST", body });
}

/** Asks for this page again and brings every live part up to date. */
export async function refresh() {
  const answer = await page(location.href);
  if (answer.ok) applyPage(answer.doc);
  return answer;
}

let asked;
/** As refresh, at most once a second, however often it is called. */
export function refreshSoon() {
  asked ??= setTimeout(() => { asked = undefined; refresh().catch(() => {}); }, 400);
}

/** The HTML of a fragment. */
export async function fragment(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  return response.ok ? response.text() : "";
}
