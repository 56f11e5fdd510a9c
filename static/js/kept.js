// The one place that keeps things in this browser: drafts while the line is down, and what was read. Signing out empties it.
export const keep = (name, value) => { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* full or forbidden */ } };
export const kept = (name) => { try { return JSON.parse(localStorage.getItem(name)) ?? undefined; } catch { return undefined; } };
export const drop = (name) => { try { localStorage.removeItem(name); } catch { /* forbidden */ } };
document.addEventListener("submit", ({ target }) => { if (target.matches('[action="/sign-out"]')) localStorage.clear(); });
