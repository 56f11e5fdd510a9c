// What the visitor writes: kept until the server has it, sent one after the other, each under an id of its own; so nothing is
// lost or said twice, whatever breaks in between.
import { keep, kept } from "./kept.js";

const STEPS = [1, 2, 4, 8, 15];
export const id = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Words {
  constructor(name, post, tell) { Object.assign(this, { name, post, tell, tries: 0 }); }
  get all() { return kept(this.name) ?? []; }
  set all(words) { keep(this.name, words.length ? words : undefined); }

  add(body, conversation) {
    this.all = [...this.all, { id: id(), body, conversation }];
    this.send();
  }

  async send() {
    if (this.busy) return;
    const first = this.all[0];
    if (!first) return;
    this.busy = true;
    clearTimeout(this.later);
    try {
      const answer = await this.post(first);
      const said = await answer.json();
      if (answer.ok) this.sent(first, said);
      else if (answer.status === 429 || answer.status >= 500) this.wait(said.message, answer.headers.get("retry-after"));
      else if (answer.status === 401) this.tell.problem(said.message);
      else { this.all = this.all.slice(1); this.tell.refused(first, said.message); }
    } catch { this.wait("Not sent yet. It is kept here and sends when the line is back."); } finally { this.busy = false; }
    if (this.all[0] && this.all[0].id !== first.id) this.send();
  }

  /** What was meant for a new conversation follows the first of it there. */
  sent(first, { conversation }) {
    this.tries = 0;
    this.all = this.all.slice(1).map((word) => (word.conversation === first.conversation ? { ...word, conversation } : word));
    this.tell.sent(conversation);
  }

  wait(sentence, seconds) {
    this.tell.problem(sentence);
    const pause = Number(seconds) || STEPS[Math.min(this.tries++, STEPS.length - 1)];
    this.later = setTimeout(() => this.send(), pause * 1000);
  }
}
