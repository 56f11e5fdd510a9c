// <form data-kept="name">: what was changed in it and not saved stands in it again when the page, or another tab of it, is
// opened again. It comes back with the version it was written against, so that a newer record is noticed.
import { drop, keep, kept } from "./kept.js";
import { showToasts, UNREACHED } from "./toast.js";

for (const form of document.querySelectorAll("form[data-kept]")) {
  const name = `form:${form.dataset.kept}`;
  const fields = () => [...form.elements].filter(({ name, type, disabled }) => name && !disabled && type !== "hidden" && type !== "submit");
  const first = new Map(fields().map((field) => [field.name, field.value]));
  const { version, values = {} } = kept(name) ?? {};
  for (const field of fields()) if (values[field.name] !== undefined) field.value = values[field.name];
  if (version && fields().some(({ name }) => name in values)) form.elements.version.value = version;

  form.addEventListener("input", ({ target }) => {
    if (!first.has(target.name)) return;
    if (target.value === first.get(target.name)) delete values[target.name]; else values[target.name] = target.value;
    if (Object.keys(values).length) keep(name, { version: form.elements.version.value, values }); else drop(name);
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    for (const field of fields()) delete values[field.name];
    if (Object.keys(values).length) keep(name, { values }); else drop(name);
  });
}

// While the line is lost a form would leave the page for the browser's own error. Those that are sent by script stay anyway.
document.addEventListener("submit", (event) => {
  const leaves = event.target.method === "post" && !event.target.closest("reply-composer, dialog, [data-quiet]");
  if (!leaves || document.documentElement.dataset.connection !== "lost") return;
  event.preventDefault();
  showToasts(undefined, UNREACHED);
}, true);
