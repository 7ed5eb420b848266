// Adding documents: files chosen or dropped, sent one after another, each one's progress told as the server reads it.

import { address, call, events } from "/page/js/api.js";
import { field, listed, showDialog } from "/page/js/dialogs.js";
import { button, el, fill, icon } from "/page/js/dom.js";
import { speak } from "/page/js/speak.js";
import { lang, say } from "/page/js/words.js";

const ENDED = new Set(["done", "failed"]);

export function openUpload(changed) {
  const files = [];
  const input = el("input", { type: "file", id: "files", multiple: true, class: "unseen", on: { change: () => take(input.files) } });
  const chosen = el("p", { class: "from", "aria-live": "polite" });
  const start = el("button", { type: "submit", class: "main-button", disabled: true }, say("upload.start"));
  const source = el("input", { type: "text", name: "source", autocomplete: "off", maxlength: "100" });
  const tags = el("input", { type: "text", name: "tags", autocomplete: "off", maxlength: "400" });
  const jobs = el("ul", { class: "jobs", role: "status" });
  const drop = el("div", { class: "drop" }, icon("upload"), el("p", {}, `${say("upload.drop")} `, el("label", { class: "link", for: "files" }, say("upload.choose"))), el("p", { class: "from" }, say("upload.formats")), input);
  const form = el(
    "form",
    {},
    el("h2", { id: "dialog-title" }, say("upload.title")), drop, chosen,
    el("div", { class: "fields" }, field(say("upload.source"), source), field(say("upload.tags"), tags)), jobs,
    el("div", { class: "buttons" }, button({ text: say("close"), kind: "plain-button", press: () => dialog.close() }), start),
  );
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" }, form);

  function take(list) {
    files.splice(0, files.length, ...list);
    chosen.textContent = files.length ? say("upload.chosen", { names: files.map((file) => file.name).join(", ") }) : "";
    start.disabled = !files.length;
  }
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over-it"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.remove("over-it"); });
  drop.addEventListener("drop", (event) => take(event.dataTransfer.files));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    start.disabled = true;
    for (const file of files.splice(0)) await sendOne(file, { source: source.value.trim(), tags: listed(tags.value) }, jobs);
    chosen.textContent = "";
    input.value = "";
    changed();
  });
  return showDialog(dialog);
}

async function sendOne(file, { source, tags }, jobs) {
  const words = el("span", {}, say("upload.sending", { name: file.name }));
  const bar = el("progress", { "aria-label": file.name });
  const line = el("li", {}, words, bar);
  jobs.append(line);
  try {
    const form = new FormData();
    form.append("files", file);
    if (source) form.append("source", source);
    for (const tag of tags) form.append("tags", tag);
    const accepted = await call("POST", address("/v1/documents"), { form });
    const last = await followed(accepted.id, (job) => progress(job, words, bar));
    ended(last, file, { line, words, bar });
  } catch (error) {
    failed(line, words, bar, say("upload.failed", { name: file.name, why: error.message }));
  }
}

// The last state of a job; each on the way is told.
async function followed(id, tell) {
  const path = `/v1/jobs/${encodeURIComponent(id)}`;
  for await (const { event, data } of events("GET", `${path}/events`)) {
    if (event !== "job") continue;
    tell(data);
    if (ENDED.has(data.state)) return data;
  }
  return call("GET", path);
}

function progress(job, words, bar) {
  words.textContent = job.state === "waiting" ? say("upload.queued") : say("upload.running", { count: job.done });
  if (job.of) {
    bar.max = job.of;
    bar.value = job.done;
  }
}

function ended(job, file, { line, words, bar }) {
  const [outcome] = job.files || [];
  const why = job.error?.message || outcome?.skipped;
  if (why || job.state === "failed") return failed(line, words, bar, say("upload.failed", { name: file.name, why: why || "" }));
  const counts = ["added", "updated", "unchanged", "failed"].filter((name) => job[name]).map((name) => say(`upload.${name}.n`, { count: job[name] }));
  const text = say("upload.done", { name: file.name, counts: counts.join(lang === "zh" ? "，" : ", ") });
  fill(line, icon(job.failed ? "alert" : "supported"), el("span", {}, text), (outcome?.problems || []).map((problem) => el("p", { class: "from" }, problem)));
  line.className = job.failed ? "bad" : "good";
  return speak(text);
}

function failed(line, words, bar, text) {
  bar.remove();
  fill(line, icon("alert"), el("span", {}, text));
  line.className = "bad";
  speak(text);
}
