// Draws static/icons.svg: `npm install --no-save lucide-static@1.62.0 && node tools/icons.mjs`.
// Lucide icons by name (licence in NOTICE), then our own 16 px marks; --cut colours knocked-out shapes.
import { readFileSync, writeFileSync } from "node:fs";

const from = process.argv[2] ?? "node_modules/lucide-static";
const LUCIDE = `archive arrow-down arrow-up arrow-up-down at-sign ban bell building-2 calendar-clock check chevron-down
  chevron-left chevron-right chevron-up circle-alert circle-check clock command concierge-bell copy ellipsis external-link eye
  flag footprints gauge git-branch git-merge history inbox info key-round keyboard layers link list-filter lock log-out mail
  map-pin message-circle message-square-text monitor moon panel-right paperclip pause phone plus refresh-cw reply rotate-ccw
  search send settings shield-alert shield-check split sun tag ticket timer trash-2 triangle-alert undo-2 unlink user-round
  user-round-plus users-round wifi-off x zap chart-column play circle-dot square-pen`.split(/\s+/);

const RING = '<circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" stroke-width="1.5"/>';
const DISC = '<circle cx="8" cy="8" r="7" fill="currentColor"/>';
const line = (d, w, color) => `<path d="${d}" fill="none" stroke="${color}" stroke-width="${w}" stroke-linecap="round" stroke-linejoin="round"/>`;
const cut = (d, w = 1.6) => line(d, w, "var(--cut)");
const ink = (d, w = 1.5) => line(d, w, "currentColor");
const bar = (x, y, faint) => `<rect x="${x}" y="${y}" width="3" height="${14 - y}" rx="1" fill="currentColor"${faint ? ' opacity=".3"' : ""}/>`;
const ring_dot = RING + '<circle cx="8" cy="8" r="2.6" fill="currentColor"/>';
const pause = RING + ink("M6.4 5.9v4.2M9.6 5.9v4.2", 1.6);
const tick = DISC + cut("m4.9 8.2 2.1 2.1 4.1-4.3", 1.7);
const OWN = {
  "stage-new": ring_dot,
  "stage-suspended": RING.replace("/>", ' stroke-dasharray="2.6 2.31"/>') + ink("M5.6 8h4.8"),
  "stage-waiting_on_user": RING + ink("M8 4.9V8l2 1.4"),
  "stage-needs_response": DISC + cut("M7 5 4.6 7.4 7 9.8M4.8 7.4h4.1a2.3 2.3 0 0 1 2.3 2.3v1"),
  "stage-hold": pause,
  "stage-resolved": tick,
  "stage-archived": ink("M2.5 3.25h11v2.5h-11zM3.5 5.75v6.5a.75.75 0 0 0 .75.75h7.5a.75.75 0 0 0 .75-.75v-6.5M6.5 8.5h3"),
  "state-new": ring_dot,
  "state-work_in_progress": RING + '<path d="M8 4a4 4 0 0 1 0 8z" fill="currentColor"/>',
  "state-on_hold": pause,
  "state-closed_complete": tick,
  "state-closed_abandoned": RING + ink("m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2"),
  "rank-escalated": '<rect x="1.5" y="1.5" width="13" height="13" rx="3" fill="currentColor"/>' + cut("M8 4.6v4.1", 1.8) + '<circle cx="8" cy="11.4" r="1.05" fill="var(--cut)"/>',
  "rank-existing": bar(2, 9) + bar(6.5, 5.5) + bar(11, 2),
  "rank-new": bar(2, 9) + bar(6.5, 5.5, true) + bar(11, 2, true),
  "brand": '<path d="M12.4 4.1H6.9a2.1 2.1 0 0 0-2.1 2.1v0A1.8 1.8 0 0 0 6.6 8h2.8a1.8 1.8 0 0 1 1.8 1.8v0a2.1 2.1 0 0 1-2.1 2.1H3.6" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round"/><circle cx="12.4" cy="4.1" r="1.9" fill="currentColor"/><circle cx="3.6" cy="11.9" r="1.9" fill="currentColor"/>',
};

const body = (name) => readFileSync(`${from}/icons/${name}.svg`, "utf8").replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "").replace(/\s*\n\s*/g, "").replaceAll(" />", "/>");
const symbols = [
  ...LUCIDE.map((name) => `<symbol id="${name}" viewBox="0 0 24 24">${body(name)}</symbol>`),
  ...Object.entries(OWN).map(([name, mark]) => `<symbol id="${name}" viewBox="0 0 16 16">${mark}</symbol>`),
];
writeFileSync(new URL("../static/icons.svg", import.meta.url), `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`);
