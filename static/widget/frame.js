// The page in the frame. The server renders it; this asks for it again when something has changed, sends without leaving, and
// speaks with the site's page, which may open and close it and say who the visitor is.
import { keep, kept } from "./kept.js";
import { Line } from "./live.js";
import { $, pending, prepend, problem, read, take, toEnd, typing } from "./page.js";
import { Parcel } from "./parcel.js";
import { Words } from "./words.js";

const { key, origins } = document.body.dataset, path = `/widget/${key}`, framed = parent !== window;
const theme = new URLSearchParams(location.search).get("theme") ?? "";
let identity, secret = kept(`visitor ${key}`), place = $("place").value, visible = !framed, site = "*", asked = 0;

const proof = () => (identity ? { identity } : secret ? { visitor: secret } : {});
const ask = (to, options = {}) => fetch(path + to, { ...options, headers: { ...(identity ? { "X-Visitor-Identity": identity } : secret ? { "X-Visitor": secret } : {}), ...options.headers } });
const post = (to, words = {}) => ask(to, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(words) });
const say = (words) => framed && parent.postMessage({ switchboard: words }, site);

/** Whose words are kept here: never sent as somebody else's. */
const who = () => { try { return identity[64] === "." ? identity.slice(65).replace(/\.\d+$/, "") : JSON.parse(atob(identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub; } catch { return ""; } };
const name = (what) => `${what} ${key} ${who()}`;

const words = new Words(name("unsent"), (word) => post("/messages", word), { problem,
  refused({ body }, sentence) { $("text").value ||= body; show(); problem(sentence); },
  sent(conversation) { problem(); place = conversation; line.open(); show(); },
});
const line = new Line(`${path}/live`, proof, (said) => {
  if (said.type === "typing") return said.conversation === place && typing(said.name);
  if (said.type === "hello") words.send();
  if (said.type !== "beat" || $("state").textContent) show();
});

const form = (body) => ask("/messages", { method: "POST", headers: { Accept: "application/json" }, body });
const parcel = new Parcel(form, (conversation) => { keep(name("draft")); place = conversation; line.open(); show(); });

/** Asks for the page as it is now. */
async function show(search = !place ? "?" : place === "new" ? "?new=1" : `?conversation=${place}`, other = false) {
  const number = ++asked;
  try {
    const answer = await ask(`${search}&theme=${theme}`);
    if (number !== asked) return;
    if (!answer.ok) return problem(answer.status === 401 ? "You have been signed out here. Reload the page to go on." : "");
    const doc = await read(answer), now = doc.getElementById("place").value;
    take(doc, other || (place && now !== place), words.all);
    place = now;
    news();
  } catch { if (place) line.open(); }
}

/** Tells the site's page what came while nobody looked. */
function news() {
  const answers = [...document.querySelectorAll("#log .us")], last = answers.at(-1), seen = name("seen");
  if (visible && !document.hidden && last) keep(seen, last.id);
  const from = Number((kept(seen) ?? "m0").slice(1)), fresh = answers.filter((li) => Number(li.id.slice(1)) > from);
  say({ unread: fresh.length, text: fresh.length ? `${last.dataset.who}: ${last.querySelector(".text").lastChild.textContent.trim()}` : "" });
}

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || !data?.switchboard || (origins && origin !== location.origin && !origins.split(" ").includes(origin))) return;
  site = origin;
  const { open, identity: token } = data.switchboard;
  if (typeof open === "boolean") visible = open;
  if (open) { $("text").focus(); toEnd(); news(); }
  if (typeof token !== "string" || token === identity) return;
  identity = token;
  words.name = name("unsent");
  place = "";
  line.again();
  show(undefined, true);
  words.send();
});

$("write").addEventListener("submit", (event) => {
  event.preventDefault();
  if (parcel.files.length) return parcel.send(place);
  const body = $("text").value.trim();
  if (!body) return;
  $("text").value = "";
  keep(name("draft"));
  words.add(body, place || undefined);
  pending(words.all);
  toEnd();
});
$("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("write").requestSubmit(); } });
$("text").addEventListener("input", () => { keep(name("draft"), $("text").value || undefined); if (place && place !== "new") line.typing(place); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!$("menu").open) return say({ close: true });
  $("menu").open = false; $("menu").firstElementChild.focus();
});
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a");
  if (link || !event.target.closest("#menu")) $("menu").open = false;
  if (!link || link.closest(".file")) return;
  event.preventDefault();
  if (link.closest("#more")) return prepend(await read(await ask(link.search)));
  place = link.search.includes("new=") ? "new" : new URLSearchParams(link.search).get("conversation");
  await show(undefined, true); $("text").focus();
});
document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-end]")) return;
  event.preventDefault();
  $("menu").open = false; $("text").focus();
  await post("/end", { conversation: place });
  show();
});
for (const event of ["online", "focus"]) addEventListener(event, () => { if (place) line.open(); words.send(); });
document.addEventListener("visibilitychange", news);
$("close").hidden = !framed;
$("close").addEventListener("click", () => say({ close: true }));
$("text").value ||= kept(name("draft")) ?? "";
pending(words.all);
toEnd();

// A browser that keeps no cookie of a frame is given a secret to keep itself. One that is not ours (any more) is forgotten.
const list = await (await ask("/conversations")).json();
if (list.code && secret) keep(`visitor ${key}`, secret = undefined);
else if (list.known === false) keep(`visitor ${key}`, secret = (await (await post("/visitor")).json()).visitor);
if (list.items?.length) { line.open(); show(); }
words.send();
say({ ready: true });
