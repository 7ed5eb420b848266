// The knowledge base: its documents, found by name or by their text, and one of them open to read.

import { address, call, chosen, documentAt } from "/page/js/api.js";
import { openDialog } from "/page/js/dialogs.js";
import { bring, button, byId, el, fill, icon, narrow } from "/page/js/dom.js";
import { Points } from "/page/js/points.js";
import { body, heading } from "/page/js/reading.js";
import { metaOf } from "/page/js/sources.js";
import { speak, toast } from "/page/js/speak.js";
import { openUpload } from "/page/js/upload.js";
import { compareVersions } from "/page/js/versions.js";
import { say, sayOr, tongue } from "/page/js/words.js";

const PAGE = 40; // documents that are fetched at a time
const PAUSE = 250; // ms of rest after a letter before it is searched
const state = { mode: "documents", query: "", lang: "", kind: "", next: null, drawn: false, about: null, job: 0 };
let timer = 0;

export function openLibrary({ about }) {
  state.about = about;
  if (!state.drawn) {
    state.drawn = true;
    drawLibrary();
  }
}

export function drawLibrary() {
  if (!state.drawn) return;
  const find = el("input", { type: "search", id: "find", autocomplete: "off", spellcheck: "false", value: state.query, on: { input: typed } });
  const hint = () => find.setAttribute("placeholder", say(state.mode === "documents" ? "library.find" : "library.search"));
  hint();
  fill(
    byId("library"),
    el(
      "section",
      { class: "shelf", "aria-label": say("library.list") },
      el("header", { class: "shelf-head" },
        el("div", {}, el("h1", {}, say("library.title")), el("p", { class: "from" }, say("library.text"))),
        button({ text: say("upload"), sign: "upload", kind: "main-button", press: () => openUpload(reload) })),
      el("div", { class: "search-line" }, icon("search"), el("label", { class: "unseen", for: "find" }, say("library.words")), find),
      el("div", { class: "filters" },
        choice("mode", "library.mode", [["documents", say("library.mode.documents")], ["passages", say("library.mode.passages")]], () => { hint(); load(); }),
        choice("lang", "library.filter.lang", [["", say("library.all.lang")], ["zh", say("library.zh")], ["en", say("library.en")]], load),
        choice("kind", "library.filter.kind", [["", say("library.all.kind")], ["label", say("kind.label")], ["file", say("kind.file")], ["record", say("kind.record")]], load)),
      el("p", { class: "from count", id: "count", role: "status" }),
      el("ul", { class: "documents", id: "documents" }),
      el("p", { class: "more-line" }, button({ text: say("library.more"), kind: "plain-button", id: "more", hidden: true, press: () => load({ further: true }) })),
    ),
    el("section", { class: "paper", id: "paper", "aria-label": say("document"), tabindex: "-1" }, el("p", { class: "empty" }, say("library.pick"))),
  );
  load();
}

function choice(name, word, options, changed) {
  const select = el("select", { "aria-label": say(word), on: { change: (event) => { state[name] = event.target.value; changed(); } } },
    options.map(([value, words]) => el("option", { value, selected: state[name] === value }, words)));
  return select;
}

function typed(event) {
  state.query = event.target.value.trim();
  window.clearTimeout(timer);
  timer = window.setTimeout(load, PAUSE);
}

const reload = () => load();

async function load({ further = false } = {}) {
  state.job += 1;
  const mine = state.job;
  try {
    const found = state.mode === "passages" && state.query ? await passages() : await documents(further);
    if (mine !== state.job) return;
    show(found, further);
  } catch (error) {
    if (mine === state.job) fill(byId("documents"), el("li", { class: "remark", role: "alert" }, error.message, " ", button({ text: say("retry"), kind: "link", press: reload })));
  }
}

async function documents(further) {
  const { query, lang, kind } = state;
  const found = await call("GET", address("/v1/documents", { limit: PAGE, query, lang, kind, after: further ? state.next : "" }));
  state.next = found.next;
  return found.documents.map((document) => ({ document }));
}

async function passages() {
  const model = chosen.get();
  const found = await call("POST", "/v1/search", { body: { question: state.query, k: 20, ...(model ? { model } : {}) } });
  state.next = null;
  return (found.evidence || []).filter((item) => item.document);
}

function show(found, further) {
  const list = byId("documents");
  const rows = found.map(row);
  if (further) list.append(...rows);
  else fill(list, rows);
  if (!list.children.length) fill(list, el("li", { class: "empty" }, say(state.mode === "passages" ? "library.no.passages" : "library.empty")));
  byId("more").hidden = !state.next || !found.length;
  const shown = list.querySelectorAll("button.row").length;
  byId("count").textContent = shown ? say(state.next ? "library.shown" : "library.count", { count: shown }) : "";
  if (further) rows[0]?.querySelector("button")?.focus();
}

function row(item) {
  const { document } = item;
  const made = button({ kind: "row", press: () => read(item, made) });
  made.append(
    el("strong", { lang: tongue(document.lang) }, document.title),
    el("span", { class: "from" }, [item.section?.heading, metaOf(document), document.source, sayOr(`library.${document.lang}`, document.lang)].filter(Boolean).join(" · ")),
  );
  if (item.text) made.append(el("span", { class: "source-words", lang: tongue(document.lang) }, item.text));
  return el("li", {}, made);
}

async function read(item, from) {
  for (const one of document.querySelectorAll(".row[aria-current]")) one.removeAttribute("aria-current");
  from?.setAttribute("aria-current", "true");
  const paper = byId("paper");
  byId("library").classList.add("reads");
  fill(paper, el("p", { class: "empty" }, say("document.loading")));
  try {
    const found = await call("GET", documentAt(item.document));
    const whole = { ...item.document, ...found };
    const points = new Points(whole.text);
    const spans = item.text && points.slice(item.start, item.end) === item.text ? [{ start: item.start, end: item.end }] : [];
    fill(paper, narrow() ? button({ text: say("back"), sign: "back", kind: "quiet-button", press: () => leave(from) }) : null, heading(whole), tools(whole, from), body(whole, points, spans));
    const mark = paper.querySelector("mark");
    if (mark) bring(mark, paper, 0.4);
    if (narrow()) paper.focus();
  } catch (error) {
    fill(paper, el("p", { class: "remark", role: "alert" }, error.message));
  }
}

function leave(from) {
  byId("library").classList.remove("reads");
  from?.focus();
}

function tools(document, from) {
  const many = (document.versions || []).length > 1;
  return el(
    "div",
    { class: "acts" },
    button({ text: say("ask.about"), sign: "model", kind: "quiet-button", press: () => state.about(document.title) }),
    many ? button({ text: say("versions"), sign: "copy", kind: "quiet-button", press: () => compareVersions(document) }) : null,
    button({ text: say("remove"), sign: "trash", kind: "quiet-button", press: () => remove(document, from) }),
  );
}

function remove(document, from) {
  openDialog({
    title: say("remove.title", { title: document.title }), text: say("remove.text"), done: say("delete"), bad: true,
    send: async () => {
      await call("DELETE", documentAt(document));
      const words = say("remove.done", { title: document.title });
      toast(words);
      speak(words);
      fill(byId("paper"), el("p", { class: "empty" }, say("library.pick")));
      leave(from);
      await load();
    },
  });
}
