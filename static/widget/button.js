// What a site's page loads: a button. The first click makes a frame of the chat; nothing else is loaded before.
(() => {
  const { src, dataset: { key, theme = "light", identity, label = "Chat with us" } } = document.currentScript;
  const home = new URL(src).origin, doc = document, mark = "chat " + key;
  const host = doc.createElement("div"), root = host.attachShadow({ mode: "open" }), sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{position:fixed;right:20px;bottom:20px;z-index:999999;font:14px/20px system-ui}
  button{width:60px;height:60px;padding:16px;border:0;border-radius:50%;background:#005362;color:#fff;cursor:pointer}
  :focus-visible{outline:2px solid #0077a8;outline-offset:3px}
  svg{fill:none;stroke:#fff;stroke-width:2}
  b{position:absolute;top:-2px;right:-2px;min-width:22px;border-radius:11px;background:#c8102e}
  p{position:absolute;right:72px;bottom:6px;width:15rem;max-height:60px;overflow:hidden;margin:0;padding:10px;border-radius:16px 16px 5px;background:#fff;color:#14242b}
  p,button,iframe{box-shadow:0 8px 32px -8px #14242b80}
  iframe{position:fixed;right:20px;bottom:20px;width:392px;height:min(656px,100dvh - 40px);border:0;border-radius:20px}
  [hidden]{display:none}
  @media(max-width:480px){iframe{inset:0;width:100%;height:100dvh;border-radius:0}}`);
  root.adoptedStyleSheets = [sheet];
  const make = (name) => root.appendChild(doc.createElement(name)), ns = "http://www.w3.org/2000/svg";
  const peek = make("p"), button = make("button"), badge = doc.createElement("b");
  const icon = doc.createElementNS(ns, "svg"), line = doc.createElementNS(ns, "path");
  icon.setAttribute("viewBox", "0 0 24 24");
  line.setAttribute("d", "M3 16v1l-1 4 5-1a10 10 0 1 0-4-4");
  icon.append(line);
  button.append(icon, badge);
  let frame, ready, token = identity;
  const post = (words) => ready && frame.contentWindow.postMessage({ switchboard: words }, home);
  const told = (unread, text) => {
    badge.textContent = unread;
    badge.hidden = !unread;
    peek.textContent = text;
    peek.hidden = !text;
    button.ariaLabel = unread ? `${label}, ${unread} new` : label;
  };
  const show = (open, focus) => {
    if (open && !frame) {
      frame = make("iframe");
      frame.title = label;
      frame.sandbox = "allow-scripts allow-same-origin allow-forms allow-popups allow-downloads";
      frame.src = `${home}/widget/${key}?theme=${theme}`;
    }
    if (!frame) return;
    frame.hidden = !open;
    button.hidden = open;
    told(0, "");
    try { sessionStorage[mark] = open || ""; } catch {}
    if (focus) (open ? frame : button).focus();
    post({ open });
  };
  const enter = () => show(true, true), leave = () => show(false, true);
  addEventListener("message", ({ origin, source, data }) => {
    const words = data?.switchboard;
    if (!words || origin !== home || source !== frame?.contentWindow) return;
    if (words.ready) { ready = true; post({ identity: token, open: !frame.hidden }); }
    if (words.close) leave();
    if (frame.hidden && "unread" in words) told(words.unread, words.text);
  });
  button.onclick = enter;
  told(0, "");
  doc.documentElement.append(host);
  self.Switchboard = { open: enter, close: leave, identify: (other) => post({ identity: token = other }) };
// Somebody who chats goes on from page to page.
  try { if (sessionStorage[mark]) show(true); } catch {}
})();
