// The line to the server: it says that something has changed, never what. Broken, it comes back by itself.
const STEPS = [1, 2, 4, 8, 15];

export class Line {
  constructor(path, proof, tell) { Object.assign(this, { path, proof, tell, tries: 0 }); }

  open() {
    if (this.socket) return;
    clearTimeout(this.later);
    const socket = this.socket = new WebSocket(location.origin.replace("http", "ws") + this.path);
    socket.onopen = () => socket.send(JSON.stringify(this.proof()));
    socket.onmessage = ({ data }) => {
      clearTimeout(this.silence);
      this.silence = setTimeout(() => socket.close(), 70000);
      const said = JSON.parse(data);
      if (said.type === "hello") this.tries = 0;
      this.tell(said);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      clearTimeout(this.silence);
      this.later = setTimeout(() => this.open(), STEPS[Math.min(this.tries++, STEPS.length - 1)] * 1000 * (0.75 + Math.random() / 2));
    };
  }

  /** Somebody else now. */
  again() {
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
    this.open();
  }

  typing(conversation) {
    if (this.socket?.readyState !== 1 || Date.now() - (this.said ?? 0) < 3000) return;
    this.said = Date.now();
    this.socket.send(JSON.stringify({ typing: conversation }));
  }
}
