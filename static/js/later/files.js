// Files of a message: chosen, pasted or dropped, sent at once and kept with the draft. Without this they go with the form.
import { page, submit } from "../fetched.js";
import { applyPage, replace } from "../patch.js";
import { alert } from "../speech.js";

const composer = document.querySelector("reply-composer");
const form = composer?.querySelector("form");
const pick = form?.querySelector("[type=file]");
const state = form?.querySelector("draft-keeper");

/** One after the other: each answer shows all that waits. Whoever sends the message waits for the last. */
function add(files) {
  const chosen = [...files];
  if (chosen.length) form.uploading = (form.uploading ?? Promise.resolve()).then(() => upload(chosen)).finally(() => { pick.value = ""; });
}

async function upload(files) {
  const body = new FormData(form);
  body.delete("file");
  for (const file of files) body.append("file", file, file.name);
  state.textContent = files.length === 1 ? `Adding ${files[0].name}` : `Adding ${files.length} files`;
  const answer = await page(`${location.origin}/conversations/${composer.dataset.conversation}/attachments`, { method: "POST", body }).catch(() => undefined);
  state.textContent = "";
  if (!answer) return composer.say("The file did not get through. Choose it again.");
  replace(form.querySelector("[data-alert]"), answer.doc.querySelector("reply-composer [data-alert]"));
  applyPage(answer);
  alert(answer.ok ? `${files.length === 1 ? files[0].name : `${files.length} files`} added` : form.querySelector("[data-alert]").textContent.trim());
}

if (pick) {
  pick.addEventListener("change", () => add(pick.files));
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  const over = (event) => { if (event.dataTransfer?.types.includes("Files")) { event.preventDefault(); composer.dataset.over = ""; } };
  composer.addEventListener("dragenter", over);
  composer.addEventListener("dragover", over);
  composer.addEventListener("dragleave", (event) => { if (!composer.contains(event.relatedTarget)) delete composer.dataset.over; });
  composer.addEventListener("drop", (event) => {
    delete composer.dataset.over;
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
  form.addEventListener("submit", async (event) => {
    if (!event.submitter?.matches("[data-detach]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const answer = await submit(form, event.submitter).catch(() => undefined);
    if (answer) applyPage(answer);
    form.querySelector("textarea").focus();
  }, true);
}
