// What is filled in by itself is put where the caret stands. Without this it is there to be read.
const body = document.getElementById("body");
for (const code of document.querySelectorAll("[data-variable]")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn--sm", title: "Put it in" });
  code.replaceWith(button);
  button.append(code);
  button.addEventListener("click", () => { body.focus(); body.setRangeText(code.textContent, body.selectionStart, body.selectionEnd, "end"); });
}
