// What stands on the frame's page: the server's words taken over where they differ; the field, the focus and the place in
// the thread stay as they are.
const shown = new Map();
export const $ = (id) => document.getElementById(id);
export const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
export const toEnd = () => $("scroll").scrollTo(0, $("scroll").scrollHeight);
const atEnd = () => $("scroll").scrollTop + $("scroll").clientHeight > $("scroll").scrollHeight - 40;

export function problem(sentence = "") { if ($("problem").textContent !== sentence) $("problem").textContent = sentence; }

export function typing(name) {
  const end = atEnd();
  $("typing").lastElementChild.textContent = name ? `${name} is writing` : "";
  $("typing").hidden = !name;
  if (end) toEnd();
}

/** Takes over a newer copy of the page; `other`: it is about another conversation. */
export function take(doc, other, unsent) {
  const log = $("log"), end = atEnd();
  $("place").value = doc.getElementById("place").value;
  for (const id of ["faces", "habit", "all", "state", "alt"]) if ($(id).outerHTML !== doc.getElementById(id).outerHTML) $(id).replaceWith(doc.getElementById(id));
  $("menu").hidden = doc.getElementById("menu").hidden;
  $("hello").hidden = doc.getElementById("hello").hidden;
  if (other || !log.children.length) { log.replaceChildren(); shown.clear(); $("more").replaceWith(doc.getElementById("more")); }
  let at = log.firstElementChild;
  for (const fresh of [...doc.getElementById("log").children]) {
    const old = $(fresh.id), html = fresh.outerHTML;
    if (old) at = old.nextElementSibling;
    if (shown.get(fresh.id) === html) continue;
    shown.set(fresh.id, html);
    if (old) old.replaceWith(fresh); else log.insertBefore(fresh, at);
    if (!old && fresh.matches(".us")) typing();
  }
  pending(unsent);
  if (end || other) toEnd();
}

/** What is not with the server yet stands below, where it will be. */
export function pending(unsent) {
  for (const old of document.querySelectorAll(".unsent")) old.remove();
  for (const { body } of unsent) {
    const li = document.createElement("li");
    li.className = "wb me unsent";
    li.innerHTML = '<div><p class="text" dir="auto"></p><p class="at">Sending</p></div>';
    li.querySelector(".text").textContent = body;
    $("log").append(li);
    $("hello").hidden = true;
  }
  dress();
}

/** What was said before, above the rest, which does not move. */
export function prepend(doc) {
  const height = $("scroll").scrollHeight;
  $("log").prepend(...doc.querySelectorAll("#log > li"));
  $("more").replaceWith(doc.getElementById("more"));
  dress();
  $("scroll").scrollBy(0, $("scroll").scrollHeight - height);
  $("scroll").focus();
}

/** Times as the visitor's clock has them, and a line above each day. */
function dress() {
  const day = (at) => (new Date().toDateString() === at.toDateString() ? "Today" : at.toLocaleDateString([], { day: "numeric", month: "long" }));
  let last;
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime), li = time.closest("#log > li"), clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    time.textContent = li ? clock : `${day(at)}, ${clock}`;
    if (li && last !== day(at)) li.dataset.day = last = day(at); else delete li?.dataset.day;
  }
}
