// Rules are dragged to their place; the buttons of each do the same without a pointer, and without this script.
const list = document.querySelector("ol.rules");
const rows = [...list.querySelectorAll(".rule")];
let dragged;

function mark(row, after) {
  for (const other of rows) delete other.dataset.drop;
  if (row && row !== dragged) row.dataset.drop = after ? "after" : "before";
}

function goes(row, after) {
  const [from, at] = [Number(dragged.dataset.position), Number(row.dataset.position)];
  const to = at + (after ? 1 : 0) - (from < at + (after ? 1 : 0) ? 1 : 0);
  if (to === from) return;
  const form = dragged.querySelector("form");
  const button = form.querySelector("button");
  Object.assign(button, { disabled: false, value: to });
  form.requestSubmit(button);
}

const half = (row, event) => { const box = row.getBoundingClientRect(); return event.clientY > box.top + box.height / 2; };

for (const row of rows) {
  row.draggable = true;
  row.addEventListener("dragstart", (event) => { dragged = row; row.dataset.dragged = ""; event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", row.id); });
  row.addEventListener("dragend", () => { delete row.dataset.dragged; mark(); dragged = undefined; });
  row.addEventListener("dragover", (event) => { if (dragged) { event.preventDefault(); mark(row, half(row, event)); } });
  row.addEventListener("drop", (event) => { if (dragged && dragged !== row) { event.preventDefault(); goes(row, half(row, event)); } });
}
