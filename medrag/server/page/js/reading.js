// A document opened at the words that are cited: its own text, letter for letter, the cited span marked in it.

import { placeName } from "/page/js/answer.js";
import { call, documentAt } from "/page/js/api.js";
import { bring, button, byId, el } from "/page/js/dom.js";
import { Points } from "/page/js/points.js";
import { say, sayOr, tongue } from "/page/js/words.js";

// `citation` names document and span; `supports` are spans inside it that carry one claim.
export async function reading({ citation, supports = [] }, { put }) {
  put(heading(citation.document, citation), el("p", { class: "empty" }, say("document.loading")));
  const { document } = citation;
  try {
    const found = await call("GET", documentAt(document, { version: document.version || "" }));
    const points = new Points(found.text);
    const intact = points.slice(citation.start, citation.end) === citation.quote;
    if (!intact) throw new Error("the span does not hold the quote");
    put(heading({ ...document, ...found }, citation), older(document, found), body(found, points, [citation], supports));
    toMark();
  } catch (error) {
    const why = error.kind && error.kind !== "missing" ? error.message : say("document.gone");
    put(
      heading(document, citation),
      el("p", { class: "remark" }, why),
      el("div", { class: "reading", lang: tongue(document.lang) }, el("p", { class: "words" }, el("mark", { title: say("document.quote") }, citation.quote))),
    );
  }
}

function older(document, found) {
  const latest = Math.max(0, ...(found.versions || []).map((one) => one.version || one));
  return latest > (document.version || latest) ? el("p", { class: "remark" }, say("document.old", { n: document.version })) : null;
}

// The facts one asks of a source: whose it is, which section, which version, of when.
export function heading(document, citation = null) {
  const rows = [
    ["document.section", citation ? placeName(citation) : ""],
    ["document.maker", document.maker],
    ["document.version", document.version ? say("document.version.n", { n: document.version }) + (document.revision ? ` (${document.revision})` : "") : ""],
    ["document.date", document.effective],
    ["document.kind", document.kind ? sayOr(`kind.${document.kind}`, document.kind) : ""],
    ["document.source", [document.source, document.key].filter(Boolean).join(" : ")],
    ["document.tags", (document.tags || []).join(", ")],
  ].filter(([, value]) => value);
  return el(
    "header",
    { class: "paper-head" },
    el("h3", { lang: tongue(document.lang) }, document.title),
    el("dl", { class: "facts" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, say(name)), el("dd", {}, value)))),
  );
}

// The whole text in order. Sections fold; those with a cited span, or all of a short document, stand open.
export function body(document, points, spans = [], supports = []) {
  const marks = spans.map((one) => [one.start, one.end]);
  const strong = supports.map((one) => [one.start, one.end]);
  const made = el("div", { class: "reading", lang: tongue(document.lang) });
  const sections = [...(document.sections || [])].sort((a, b) => a.start - b.start || a.end - b.end);
  const touched = (start, end) => marks.some(([from, to]) => from < end && start < to);
  const few = !marks.length || sections.length < 2;
  let at = 0;
  for (const section of sections) {
    if (section.start < at) continue; // a body inside another is shown with it
    const before = points.slice(at, section.start);
    const headed = before.trim() || section.heading || sayOr(`group.${section.group}`, section.group);
    const inHead = touched(at, section.start);
    made.append(
      el(
        "details",
        { open: few || inHead || touched(section.start, section.end), class: depth(section) },
        el("summary", {}, inHead ? marked(points, at, section.start, marks, strong) : headed),
        section.end > section.start ? el("p", { class: "words" }, marked(points, section.start, section.end, marks, strong)) : null,
      ),
    );
    at = section.end;
  }
  if (points.slice(at, points.length).trim()) made.append(el("p", { class: "words" }, marked(points, at, points.length, marks, strong)));
  if (!few) made.prepend(folding(made));
  return made;
}

const depth = (section) => (section.path?.length ? `deep deep-${Math.min(section.path.length, 3)}` : "");

function folding(made) {
  let whole = false;
  const press = button({
    text: say("document.whole"),
    kind: "link fold",
    press: () => {
      whole = !whole;
      for (const one of made.querySelectorAll("details")) one.open = whole || Boolean(one.querySelector("mark"));
      press.textContent = say(whole ? "document.less" : "document.whole");
    },
  });
  return press;
}

// A stretch of the text with the cited span marked, and in it more strongly the words that carry the claim.
function marked(points, start, end, marks, strong) {
  const cuts = new Set([start, end]);
  for (const [from, to] of [...marks, ...strong]) for (const at of [from, to]) if (at > start && at < end) cuts.add(at);
  const ordered = [...cuts].sort((a, b) => a - b);
  const parts = [];
  for (let at = 0; at + 1 < ordered.length; at += 1) {
    const [from, to] = [ordered[at], ordered[at + 1]];
    const words = points.slice(from, to);
    const held = ([first, last]) => first <= from && to <= last;
    if (!marks.some(held)) parts.push(words);
    else if (strong.some(held)) parts.push(el("mark", { class: "strong", title: say("document.support") }, words));
    else parts.push(el("mark", { title: say("document.quote") }, words));
  }
  return parts;
}

function toMark() {
  const box = byId("beside-body");
  const place = box.querySelector("mark.strong") || box.querySelector("mark");
  if (place) bring(place, box, 0.4);
}

