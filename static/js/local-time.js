// <local-time><time datetime="RFC 3339 UTC">…</time></local-time>: the reader's own zone and habit. `style="clock"` is written
// as format="clock" (always 09:58), "day" (Today, Tuesday, 6 Nov) or nothing (09:58 today, else the day).
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export const hourMinuteSecond = (at) =>
  new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);

function dayOf(at, now) {
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return weekday.format(at);
  return (at.getFullYear() === now.getFullYear() ? day : dayYear).format(at);
}

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const at = new Date(time?.dateTime ?? "");
    if (!time || Number.isNaN(at.getTime())) return;
    const now = new Date();
    const name = dayOf(at, now);
    const format = this.getAttribute("format");
    time.textContent = format === "clock" || (!format && name === "Today") ? clock.format(at)
      : format === "full" ? `${name} ${clock.format(at)}` : name;
    time.title = whole.format(at);
  }
}
customElements.define("local-time", LocalTime);
