// <live-page topics="inbox conversation:CONV-1" view="mine" node="…" seen="17">: the socket of this page. It turns frames into
// document events (live:frame, live:refresh, live:lost, live:back) and never touches the page itself. Connection lost: again
// after 1, 2, 4, 8, 15, 30 s with jitter, and at once on focus or when the line is back.
import { serverNow, setServerTime } from "./live-clock.js";

const STEPS = [1, 2, 4, 8, 15, 30];
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

class LivePage extends HTMLElement {
  connectedCallback() {
    this.node = this.getAttribute("node") ?? "";
    this.seen = Number(this.getAttribute("seen") ?? 0);
    this.tries = 0;
    this.asOf = serverNow();
    this.wake = () => { if (!this.socket && !document.hidden) this.connect(); };
    for (const name of ["online", "focus"]) window.addEventListener(name, this.wake);
    document.addEventListener("visibilitychange", this.wake);
    document.addEventListener("live:again", this.wake);
    document.addEventListener("live:say", (event) => this.send(event.detail));
    window.addEventListener("offline", () => this.drop());
    window.addEventListener("pagehide", () => this.socket?.close());
    this.connect();
  }

  /** The page now shows another conversation: other topics, the same place in the stream. */
  watch(topics) {
    if (!topics || this.getAttribute("topics") === topics) return;
    this.setAttribute("topics", topics);
    this.socket?.close(4000, "other topics");
  }

  send(frame) { if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame)); }

  connect() {
    clearTimeout(this.later);
    const url = new URL("/live", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const words = { topics: (this.getAttribute("topics") ?? "").trim().replace(/\s+/g, ","), view: this.getAttribute("view") ?? "", node: this.node, seen: this.seen };
    for (const [name, value] of Object.entries(words)) if (value !== "") url.searchParams.set(name, value);
    const socket = this.socket = new WebSocket(url);
    socket.addEventListener("message", (event) => this.take(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => { if (this.socket === socket) this.closed(event.code); });
  }

  /** The line is gone: a socket may not notice for a minute. */
  drop() {
    const socket = this.socket;
    if (!socket) return;
    this.closed(1006);
    socket.close();
  }

  closed(code) {
    this.socket = undefined;
    clearTimeout(this.silence);
    if (code === 4401 || code === 4403) return location.reload();
    const other = code === 4000;
    if (!other) this.lostTimer ??= setTimeout(() => { this.lost = true; tell("live:lost", { asOf: this.asOf }); }, 2000);
    const wait = other ? 0 : (STEPS[Math.min(this.tries++, STEPS.length - 1)] * 1000) * (0.75 + Math.random() / 2);
    this.later = setTimeout(() => this.connect(), wait);
  }

  take(frame) {
    this.asOf = serverNow();
    this.guard(frame);
    if (frame.type === "hello") return this.hello(frame);
    if (frame.type === "beat") return;
    if (typeof frame.seq === "number") this.seen = Math.max(this.seen, frame.seq);
    if (frame.type === "refresh") return tell("live:refresh", frame);
    if (frame.seq <= this.head) this.missed += 1;
    tell("live:frame", frame);
  }

  hello(frame) {
    if (frame.now) setServerTime(frame.now);
    if (this.node && this.node !== frame.node) { tell("live:refresh", frame); this.seen = frame.seq; }
    // Who came and went in the dark is told to nobody twice.
    else if (this.tries) tell("live:refresh", frame);
    this.node = frame.node;
    this.head = frame.seq;
    this.missed = 0;
    this.tries = 0;
    clearTimeout(this.lostTimer);
    this.lostTimer = undefined;
    document.documentElement.dataset.connection = "live";
    if (!this.lost) return;
    this.lost = false;
    setTimeout(() => tell("live:back", { changes: this.missed }), 400);
  }

  /** A server that beats and then falls silent is gone, whatever the network says. */
  guard(frame) {
    if (frame.type === "beat") this.beats = true;
    clearTimeout(this.silence);
    if (this.beats) this.silence = setTimeout(() => this.socket?.close(4001, "silence"), 70000);
  }
}
customElements.define("live-page", LivePage);
