// Amounts of time as words on screen. The same table as web/filters.rs; a test compares them.
const NB = "\u00a0";
const two = (n) => String(n).padStart(2, "0");

/** "3 m 12 s". `full` keeps the seconds up to an hour (records), else up to ten minutes (rows). */
export function short(seconds, full = false) {
  const s = Math.max(0, Math.floor(seconds));
  const d = Math.floor(s / 86400), h = Math.floor((s % 86400) / 3600), m = Math.floor((s % 3600) / 60);
  if (s < 60) return `${s}${NB}s`;
  if (s < (full ? 3600 : 600)) return `${m}${NB}m${NB}${two(s % 60)}${NB}s`;
  if (s < 3600) return `${m}${NB}m`;
  if (s < 86400) return `${h}${NB}h${NB}${two(m)}${NB}m`;
  return `${d}${NB}d${NB}${h}${NB}h`;
}

/** "3 minutes 12 seconds", for ears. */
export function spoken(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const parts = [[Math.floor(s / 86400), "day"], [Math.floor((s % 86400) / 3600), "hour"], [Math.floor((s % 3600) / 60), "minute"]]
    .filter(([n]) => n > 0);
  if (s < 600 && (s % 60 || !parts.length)) parts.push([s % 60, "second"]);
  return parts.slice(0, 2).map(([n, word]) => `${n} ${word}${n === 1 ? "" : "s"}`).join(" ");
}
