// <live-clock since="RFC 3339" [target="seconds"] [base="seconds"] [full]>: a running wait or duration.
// The server writes the first text; one interval per page keeps it true by the server's clock.
import { short, spoken } from "./duration.js";

const clocks = new Set();
let offset = 0;
let timer;

/** Called with the server's time of the socket's hello. */
export function setServerTime(now) {
  const then = Date.parse(now);
  if (!Number.isNaN(then)) offset = then - Date.now();
}

export const serverNow = () => Date.now() + offset;

function tickAll() {
  clearTimeout(timer);
  if (document.hidden || !clocks.size) return;
  for (const clock of clocks) clock.tick();
  timer = setTimeout(tickAll, 1000 - (serverNow() % 1000) + 5);
}
document.addEventListener("visibilitychange", tickAll);

class LiveClock extends HTMLElement {
  connectedCallback() {
    this.since = Date.parse(this.getAttribute("since"));
    this.base = Number(this.getAttribute("base") ?? 0);
    this.target = Number(this.getAttribute("target") ?? 0);
    this.face = this.querySelector("[data-face]");
    this.said = this.querySelector("[data-said]");
    if (Number.isNaN(this.since) || !this.face) return;
    clocks.add(this);
    if (clocks.size === 1) tickAll(); else this.tick();
  }
  disconnectedCallback() { clocks.delete(this); }

  tick() {
    const seconds = this.base + Math.max(0, (serverNow() - this.since) / 1000);
    const text = short(seconds, this.hasAttribute("full"));
    if (this.face.textContent !== text) {
      this.face.textContent = text;
      if (this.said) this.said.textContent = `${this.dataset.prefix ?? ""} ${spoken(seconds)}`.trim();
    }
    if (this.target && (!this.drawn || Math.floor(seconds) % 5 === 0)) this.ring(seconds / this.target);
  }

  ring(share) {
    this.drawn = true;
    const level = share >= 1 ? "late" : share >= 0.75 ? "risk" : "ok";
    const face = this.firstElementChild;
    if (face && face.dataset.level !== level) face.dataset.level = level;
    const length = 2 * Math.PI * 5;
    this.querySelector(".ring__fill")?.setAttribute("stroke-dasharray", `${(length * Math.max(0.04, Math.min(1, share))).toFixed(1)} ${length.toFixed(1)}`);
  }
}
customElements.define("live-clock", LiveClock);
