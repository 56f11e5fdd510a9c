// Toasts are rendered by the server ([data-toast] in .toasts); they go after 8 s unless somebody reads or it is an error.
import { say } from "./speech.js";

export const UNREACHED = "Could not reach the server. What you typed is kept here.";

function arm(toast) {
  say("toast", toast.textContent.trim().replace(/\s+/g, " "));
  if (toast.dataset.toast === "error") return;
  const leave = () => { if (toast.matches(":hover, :focus-within")) setTimeout(leave, 3000); else toast.remove(); };
  setTimeout(leave, 8000);
}

/** Takes over the toasts of an answered page, or shows one sentence that stays. */
export function showToasts(doc, sentence) {
  const box = document.querySelector(".toasts");
  const fresh = [...(doc?.querySelectorAll("[data-toast]") ?? [])].map((toast) => document.importNode(toast, true));
  if (sentence) {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.toast = "error";
    toast.textContent = sentence;
    fresh.push(toast);
  }
  for (const toast of fresh) { box?.append(toast); arm(toast); }
}

/** The toasts of an answered page go along to the page that is opened instead. */
export function carryToasts(doc) { sessionStorage.setItem("toasts", [...doc.querySelectorAll("[data-toast]")].map((toast) => toast.outerHTML).join("")); }

document.addEventListener("click", ({ target }) => { if (target.closest("[data-toast] [data-close]")) target.closest("[data-toast]").remove(); });
for (const toast of document.querySelectorAll("[data-toast]")) arm(toast);
const carried = sessionStorage.getItem("toasts");
sessionStorage.removeItem("toasts");
if (carried) showToasts(new DOMParser().parseFromString(carried, "text/html"));
