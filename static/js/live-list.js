// <live-list id="rows" data-live="list" data-name="My work">: rows are painted in place; new, moved and gone ones are only
// counted in the pill until the agent asks (the pill, N) or nobody is near: at the top, pointer and focus away for 5 s.
import { page } from "./fetched.js";
import { paint, parse } from "./patch.js";
import { say } from "./speech.js";

const QUIET = 5000;

class LiveList extends HTMLElement {
  connectedCallback() {
    this.fresh = new Set();
    this.moved = new Set();
    this.laid = new Map();
    this.near = Date.now();
    this.box = this.closest(".list__scroll");
    this.pill = document.querySelector("[data-pill]");
    for (const name of ["pointermove", "focusin", "keydown", "dragover"]) this.box?.addEventListener(name, () => { this.near = Date.now(); }, { passive: true });
    this.pill?.addEventListener("click", () => this.update());
    this.addEventListener("list:fresh", (event) => this.compare(event.detail));
    this.idle = setInterval(() => { if (this.isQuiet()) this.update(); }, 1000);
  }
  disconnectedCallback() { clearInterval(this.idle); }

  /** A row arrived by push: still in this view (`put`), or not any more (`leave`). */
  take(op) {
    this.told?.push(op);
    const old = document.getElementById(op.id);
    const row = op.html ? parse(op.html) : undefined;
    if (!old) { if (op.op === "put") this.fresh.add(op.id); return this.count(); }
    const group = old.closest("[data-group]")?.dataset.group;
    if (row && Number(old.dataset.version) > Number(row.dataset.version)) return;
    const crossed = row && this.crosses(old, row.dataset.place);
    if (row) paint(old, row);
    if (op.op === "leave" || crossed || (row && row.dataset.turn !== group)) this.moved.add(op.id); else this.moved.delete(op.id);
    this.count();
  }

  /** Whether a row belongs on another side of a neighbour, by the places they had when the list was laid out. */
  crosses(old, place) {
    const laid = (row) => this.laid.get(row.id) ?? row.dataset.place, was = laid(old);
    if (!this.laid.has(old.id)) this.laid.set(old.id, was);
    const rows = [...old.closest("[data-group]")?.querySelectorAll(".row[id]") ?? []], at = rows.indexOf(old);
    return [rows[at - 1], rows[at + 1]].some((next) => next && (laid(next) < was) !== (laid(next) < place));
  }

  /** The whole list was asked for again, after a gap. */
  compare(list) {
    const rows = [...list.querySelectorAll(".row[id]")];
    const ids = new Set(rows.map((row) => row.id));
    for (const row of rows) this.take({ op: "put", id: row.id, html: row.outerHTML });
    for (const row of this.querySelectorAll(".row[id]")) if (!ids.has(row.id)) this.moved.add(row.id);
    this.count();
  }

  count() {
    const parts = [[this.fresh.size, "new"], [this.moved.size, "moved"]].filter(([n]) => n).map(([n, word]) => `${n} ${word}`);
    if (!this.pill) return;
    this.pill.parentElement.hidden = !parts.length;
    const text = parts.join(", ");
    const label = this.pill.querySelector("[data-text]");
    if (label.textContent === text || !parts.length) return;
    label.textContent = text;
    if (this.fresh.size) say("list", `${text} in ${this.dataset.name}`);
  }

  isQuiet() {
    return (this.fresh.size || this.moved.size) && !document.hidden && this.box?.scrollTop === 0 && Date.now() - this.near > QUIET
      && !this.box.matches(":hover") && !this.contains(document.activeElement) && !document.querySelector("details.pop[open]")
      && !String(getSelection());
  }

  /** Takes the order of the server, and after it what was pushed while it was asked. The row in hand keeps its place on the screen. */
  async update() {
    if (this.told) return;
    const told = this.told = [];
    const answer = await page(location.href).catch(() => undefined);
    const list = answer?.ok && answer.doc.getElementById(this.id);
    if (list) this.order(document.importNode(list, true));
    this.told = undefined;
    for (const op of told) this.take(op);
  }

  order(list) {
    const focused = document.activeElement?.closest?.(".row")?.id;
    const hand = focused ?? this.querySelector(".row:hover")?.id ?? this.querySelector('[aria-current="true"] .row')?.id;
    const top = hand && this.querySelector(`#${hand}`)?.getBoundingClientRect().top;
    const wasTop = this.box?.scrollTop === 0;
    this.replaceChildren(...list.childNodes);
    const after = hand && this.querySelector(`#${hand}`)?.getBoundingClientRect().top;
    if (this.box && !wasTop && top !== undefined && after !== undefined) this.box.scrollTop += after - top;
    if (focused) (document.getElementById(focused) ?? this.querySelector(".row"))?.querySelector(".row__link")?.focus({ preventScroll: true });
    for (const kept of [this.fresh, this.moved, this.laid]) kept.clear();
    this.count();
    this.dispatchEvent(new CustomEvent("list:ordered", { bubbles: true }));
  }
}
customElements.define("live-list", LiveList);
