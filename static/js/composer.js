// <reply-composer>: around the composer's form. Sends without leaving the page, keeps the text whatever happens, sends when the
// line is back. The form is whole without it: radios choose reply or note, each has its own button.
import { applyPage, replace } from "./patch.js";
import { submit } from "./fetched.js";
import { openPage } from "./dialogs.js";
import { alert } from "./speech.js";
import { showToasts } from "./toast.js";

const lost = () => document.documentElement.dataset.connection === "lost";

class ReplyComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    if (!this.form || !this.text) return;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); if (event.submitter?.dataset.offer) this.offer(event.submitter); else this.send(event.submitter); });
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("input", () => { this.typing(); this.offer(); });
    this.form.addEventListener("change", ({ target }) => { if (target.name === "kind") this.text.placeholder = `Write a ${target.value}`; });
    this.on = (event) => this.line(event.type);
    for (const name of ["live:lost", "live:back", "online"]) document.addEventListener(name, this.on);
    if (location.hash === "#reply") this.text.focus();
  }
  disconnectedCallback() { for (const name of ["live:lost", "live:back", "online"]) document.removeEventListener(name, this.on); }

  button() { return this.querySelector(this.querySelector("[value=note]:checked") ? "[data-send=note]" : "[data-send=reply]"); }

  key(event) {
    if (!(event.metaKey || event.ctrlKey)) return;
    const radio = this.querySelector(event.shiftKey && event.key.toLowerCase() === "i" ? "input[name=kind]:not(:checked)" : "none");
    if (radio) { event.preventDefault(); radio.click(); return this.text.focus(); }
    const then = event.key === "Enter" ? (event.shiftKey ? "[data-send=resolve]" : "") : event.shiftKey && event.key.toLowerCase() === "h" ? "[data-send=hold]" : undefined;
    const button = then === "" ? this.button() : then && this.querySelector(then);
    if (button) { event.preventDefault(); this.form.requestSubmit(button); }
  }

  typing() {
    if (this.said && Date.now() - this.said < 3000) return;
    this.said = Date.now();
    document.dispatchEvent(new CustomEvent("live:say", { detail: { type: this.querySelector("[value=note]:checked") ? "noting" : "typing", id: this.dataset.conversation } }));
  }

  /** After a / or an @ something is offered, by a script that is fetched for it. */
  async offer(button) {
    if (button) { this.text.focus(); this.text.setRangeText(/(^|\s)$/.test(this.text.value.slice(0, this.text.selectionStart)) ? "/" : " /", this.text.selectionStart, this.text.selectionEnd, "end"); }
    if (/(^|\s)[/@]\S*$/.test(this.text.value.slice(0, this.text.selectionStart))) (await import("./later/offers.js")).offer(this);
  }

  async send(button = this.button()) {
    await this.form.uploading;
    if (this.sending || (this.guarded && Date.now() - this.guarded < 600)) return;
    if (!this.text.value.trim() && !this.form.querySelector("[name=attachments]")) { alert("Message is empty."); return this.text.focus(); }
    this.sending = true;
    const sent = this.text.value, label = button.textContent;
    button.textContent = "Sending";
    try {
      const answer = await submit(this.form, button);
      if (answer.ok) this.sent(answer, sent); else this.refused(answer);
    } catch { this.unsent = button; setTimeout(() => this.line("again"), 3000); this.say("Not sent. What you wrote is kept here and sends when the line is back."); } finally {
      this.sending = false;
      if (button.textContent === "Sending") button.textContent = label;
      if (this.unsent) this.line("live:lost");
    }
  }

  sent(answer, text) {
    if (this.text.value === text) this.text.value = "";
    this.unsent = undefined;
    const fresh = answer.doc.querySelector("reply-composer form [name=seen_upto]");
    const seen = this.querySelector("[name=seen_upto]");
    if (fresh && seen) seen.value = fresh.value;
    for (const name of ["submit_key"]) { const key = answer.doc.querySelector(`reply-composer [name=${name}]`), old = this.querySelector(`[name=${name}]`); if (key && old) old.value = key.value; }
    this.querySelector("[data-alert]")?.replaceChildren();
    this.dispatchEvent(new CustomEvent("draft:gone"));
    applyPage(answer);
    showToasts(answer.doc);
    if (answer.doc.querySelector("[data-dialog-form]")) openPage(answer); else this.text.focus();
  }

  /** 409: somebody was faster. 422: something is missing. The words stay; the answer's alert and button come over. */
  refused(answer) {
    const shut = answer.doc.querySelector("reply-composer .composer--locked");
    if (shut) this.say(shut.firstElementChild.nextSibling.textContent);
    for (const part of ["[data-alert]", "[data-guard]", "[data-send=reply]"]) replace(this.querySelector(part), answer.doc.querySelector(`reply-composer ${part}`));
    applyPage(answer);
    this.guarded = Date.now();
    alert(this.querySelector("[data-alert]")?.textContent.trim() || "Not sent. Your text is kept.");
  }

  /** A sentence over the text, aloud too. */
  say(sentence) {
    const line = Object.assign(document.createElement("p"), { className: "composer__alert", textContent: sentence });
    this.querySelector("[data-alert]")?.replaceChildren(line);
    alert(sentence);
  }

  line(name) {
    const button = this.querySelector("[data-send=reply]");
    if (button) { button.dataset.label ??= button.textContent; button.textContent = name === "live:lost" ? "Send when online" : button.dataset.label; }
    if (name !== "live:lost" && this.unsent && !lost()) { const again = this.unsent; this.unsent = undefined; this.send(again); }
  }
}
customElements.define("reply-composer", ReplyComposer);
