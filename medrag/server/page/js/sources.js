// The list of an answer's evidence: what it cites, then what was found besides.

import { placeName } from "/page/js/answer.js";
import { button, el } from "/page/js/dom.js";
import { shortMarker } from "/page/js/marks.js";
import { say, tongue } from "/page/js/words.js";

export function sources(turn, { put, open }) {
  const citations = turn.answer?.citations || [];
  const evidence = turn.answer?.evidence || turn.evidence || [];
  const others = evidence.filter((item) => !citations.some((citation) => covers(citation, item)));
  if (!citations.length && !others.length) return put(el("p", { class: "empty" }, say("evidence.none")));
  return put(
    citations.length ? el("h3", { class: "over" }, say("evidence.cited")) : null,
    citations.length ? el("ul", { class: "sources" }, citations.map((citation) => el("li", {}, cited(citation, open)))) : null,
    others.length ? el("h3", { class: "over" }, say("evidence.others")) : null,
    el("ul", { class: "sources" }, others.map((item) => el("li", {}, other(item, open)))),
  );
}

function covers(citation, item) {
  const places = item.document ? [item] : item.sources || [];
  return places.some(
    (place) =>
      place.document.source === citation.document.source &&
      place.document.key === citation.document.key &&
      place.start < citation.end &&
      citation.start < place.end,
  );
}

// Maker, version and date in one line; that something is the first version says nothing by itself.
export const metaOf = (document) =>
  [document.maker, document.version > 1 ? say("document.version.n", { n: document.version }) : "", document.effective].filter(Boolean).join(" · ");

function cited(citation, open) {
  return card({
    sign: el("span", { class: "cite still" }, shortMarker(citation.marker)),
    document: citation.document,
    section: placeName(citation),
    words: citation.quote,
    press: (event) => open({ citation }, event.currentTarget),
  });
}

function other(item, open) {
  const place = item.document ? item : item.sources?.[0];
  if (!place) return el("p", { class: "source" }, item.text || "");
  const citation = {
    marker: "", document: place.document, section: item.section || null, fact: item.fact || null, start: place.start, end: place.end, quote: place.quote || item.text,
  };
  const alike = item.also?.length ? say("evidence.also", { count: item.also.length }) : "";
  return card({
    document: place.document, section: placeName(citation), words: item.fact ? factLine(item.fact) : item.text, more: alike,
    press: (event) => open({ citation }, event.currentTarget),
  });
}

export const factLine = (fact) => `${fact.subject} ${fact.relation} ${fact.object}`;

function card({ sign = null, document, section, words, more = "", press }) {
  const made = button({ kind: "source", press });
  made.append(
    el("span", { class: "source-head" }, sign, el("span", { class: "named", lang: tongue(document.lang) }, el("strong", {}, document.title), el("span", { class: "section" }, section))),
    el("span", { class: "source-words", lang: tongue(document.lang) }, words),
    el("span", { class: "source-meta" }, [metaOf(document), more].filter(Boolean).join(" · ")),
  );
  return made;
}
