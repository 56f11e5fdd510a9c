// <draft-keeper>: keeps what is typed in the form around it, on the server (POST {action}/draft), or in this browser while the
// line is down. It says "Draft saved" only once the server has said so.
import { drop, keep, kept } from "./kept.js";

const DELAY = 600;

class DraftKeeper extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.text = this.form?.querySelector("textarea");
    if (!this.text) return;
    this.name = `draft:${this.dataset.name}`;
    const old = kept(this.name);
    if (old && !this.text.value) { this.text.value = old; this.save(); }
    this.text.addEventListener("input", () => { this.textContent = ""; clearTimeout(this.timer); this.timer = setTimeout(() => this.save(), DELAY); });
    this.form.parentElement.addEventListener("draft:gone", () => { clearTimeout(this.timer); this.asked = undefined; drop(this.name); this.textContent = ""; });
    this.back = () => { if (kept(this.name)) this.save(); };
    document.addEventListener("live:back", this.back);
  }
  disconnectedCallback() { document.removeEventListener("live:back", this.back); clearTimeout(this.timer); }

  async save() {
    const text = this.text.value, asked = this.asked = {};
    try {
      const answer = await fetch(this.dataset.action, { method: "POST", body: new URLSearchParams(new FormData(this.form)), keepalive: true });
      if (!answer.ok) throw new Error(String(answer.status));
      if (this.asked !== asked) return;
      drop(this.name);
      if (this.text.value === text) this.textContent = text ? "Draft saved" : "";
    } catch {
      if (this.asked !== asked) return;
      keep(this.name, text);
      this.textContent = text ? "Draft kept in this browser" : "";
    }
  }
}
customElements.define("draft-keeper", DraftKeeper);
