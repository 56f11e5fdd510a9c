// Files the visitor sends: they are not kept here, but go at once with what is written, under an id of their own; or they stay
// chosen, to be sent again.
import { $, problem } from "./page.js";
import { id } from "./words.js";

export class Parcel {
  constructor(post, sent) {
    Object.assign(this, { post, sent });
    $("files").addEventListener("change", () => { this.id = undefined; this.show(); });
    $("chosen").addEventListener("click", () => { this.clear(); $("files").focus(); });
  }
  get files() { return $("files").files; }

  async send(place) {
    if (this.busy) return;
    this.busy = true;
    const words = new FormData($("write"));
    words.set("id", (this.id ??= id()));
    words.set("conversation", place ?? "");
    problem("Sending…");
    let said = { message: "This was not sent. It is still here: send it again." }, answer;
    try { answer = await this.post(words); said = await answer.json(); } catch { /* it is said below */ }
    this.busy = false;
    problem(answer?.ok ? "" : said.message);
    if (!answer?.ok) return;
    $("text").value = "";
    this.clear();
    this.sent(said.conversation);
  }

  clear() { $("files").value = ""; this.id = undefined; this.show(); }

  show() {
    const names = [...this.files].map((file) => file.name).join(", ");
    $("chosen").hidden = !names;
    $("chosen").textContent = names;
    $("chosen").setAttribute("aria-label", `Take out ${names}`);
  }
}
