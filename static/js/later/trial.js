// While the words of a rule are typed, what it would have fitted is shown anew. Without a script the button does it.
import { page } from "../fetched.js";
import { replace } from "../patch.js";

const form = document.querySelector("form[data-script=trial]");
let timer;

async function tried() {
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "try");
  const answer = await page(form.action, { method: "POST", body }).catch(() => undefined);
  const fresh = answer?.doc.querySelector("#trial");
  if (fresh) replace(document.getElementById("trial"), document.importNode(fresh, true), answer.question);
}

form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(tried, 500); });
