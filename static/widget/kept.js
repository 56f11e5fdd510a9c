// What the frame keeps in the browser: who the visitor is where no cookie comes back, and what is not sent yet. Where
// nothing can be kept it lasts as long as the page.
const memory = new Map();
export const kept = (name) => { try { return JSON.parse(localStorage.getItem(name)) ?? memory.get(name); } catch { return memory.get(name); } };
export const keep = (name, value) => {
  memory.set(name, value);
  try { if (value === undefined) localStorage.removeItem(name); else localStorage.setItem(name, JSON.stringify(value)); } catch { /* forbidden */ }
};
