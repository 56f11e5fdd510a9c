// <live-strip>: floats over its pane while the line is lost: "Reconnecting. Shown as of 10:04:12. Try now", then what was missed.
import { hourMinuteSecond } from "./local-time.js";
import { say } from "./speech.js";

class LiveStrip extends HTMLElement {
  connectedCallback() {
    this.hidden = true;
    this.text = this.querySelector("[data-text]");
    this.button = this.querySelector("button");
    this.button?.addEventListener("click", () => document.dispatchEvent(new CustomEvent("live:again")));
    document.addEventListener("live:lost", this);
    document.addEventListener("live:back", this);
  }
  disconnectedCallback() {
    document.removeEventListener("live:lost", this);
    document.removeEventListener("live:back", this);
  }

  handleEvent(event) {
    const lost = event.type === "live:lost";
    document.documentElement.dataset.connection = lost ? "lost" : "live";
    this.hidden = false;
    this.dataset.state = lost ? "lost" : "back";
    if (this.button) this.button.hidden = !lost;
    this.text.replaceChildren();
    const strong = document.createElement("strong");
    strong.textContent = lost ? "Reconnecting." : "Up to date.";
    const { changes = 0, asOf } = event.detail;
    const rest = lost ? ` Shown as of ${hourMinuteSecond(asOf)}.` : changes ? ` ${changes} change${changes === 1 ? "" : "s"}.` : "";
    this.text.append(strong, rest);
    clearTimeout(this.timer);
    if (!lost) { this.timer = setTimeout(() => { this.hidden = true; }, 3000); say("line", strong.textContent + rest); }
  }
}
customElements.define("live-strip", LiveStrip);
