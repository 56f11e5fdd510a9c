// Several held conversations decided together: how many are selected stands on the buttons, one box selects all, Space selects
// the row one stands on, and Shift with a click selects from the last one to here.
const page = document.querySelector(".susp__list");
const boxes = () => [...page.querySelectorAll("[name=held]")];
let last;

function say() {
  const [all, chosen] = [boxes(), boxes().filter((box) => box.checked).length];
  const every = page.querySelector("#select-all");
  if (!every) return;
  every.checked = chosen > 0 && chosen === all.length;
  every.indeterminate = chosen > 0 && chosen < all.length;
  page.querySelector("[data-count]").textContent = chosen ? `${chosen} selected` : "Select some to decide together";
  for (const label of page.querySelectorAll("[data-many]")) label.textContent = label.dataset.many.replace("%", chosen);
}

page.addEventListener("change", ({ target }) => {
  if (target.id === "select-all") for (const box of boxes()) box.checked = target.checked;
  say();
});
page.addEventListener("click", ({ target, shiftKey }) => {
  if (target.name !== "held") return;
  const all = boxes();
  const [from, to] = [all.findIndex((box) => box.closest("li").dataset.key === last), all.indexOf(target)];
  if (shiftKey && from >= 0) for (const box of all.slice(Math.min(from, to), Math.max(from, to) + 1)) box.checked = target.checked;
  last = target.closest("li").dataset.key;
  say();
});
page.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches(".srow__link")) return;
  event.preventDefault();
  event.target.closest("li").querySelector("[name=held]").click();
});
new MutationObserver(say).observe(page, { childList: true, subtree: false });
say();
