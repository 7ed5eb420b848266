// The card of a medicine or disease that the question is about: names, kind, labels, relations, and the graph around it.

import { address, call } from "/page/js/api.js";
import { button, byId, el } from "/page/js/dom.js";
import { drawGraph } from "/page/js/graph.js";
import { metaOf } from "/page/js/sources.js";
import { lang, say, sayOr, tongue } from "/page/js/words.js";

const MOST = 6; // entities of one question
const MOST_NAMES = 14;
const MOST_OBJECTS = 10; // of one relation that the card lists

export async function entities(turn, more) {
  const ids = (turn.answer?.trace?.understanding?.entities || []).slice(0, MOST);
  if (!ids.length) return more.put(el("p", { class: "empty" }, say("entity.none")));
  more.put(el("p", { class: "empty" }, "…"));
  const found = (await Promise.all(ids.map((id) => fetched(id).catch(() => null)))).filter(Boolean);
  if (!found.length) return more.put(el("p", { class: "empty" }, say("entity.none")));
  return show(found, found[0].entity.id, more);
}

// The card, of whose facts the graph around it is drawn.
function fetched(id) {
  return call("GET", address(`/v1/entities/${encodeURIComponent(id)}`));
}

function show(found, id, more) {
  const card = found.find((one) => one.entity.id === id) || found[0];
  const choose = async (other, focus = false) => {
    const held = found.some((one) => one.entity.id === other) ? found : [...found, await fetched(other)];
    show(held.slice(-MOST - 4), other, more);
    if (focus) byId("card-title")?.focus();
  };
  const picks = found.length > 1
    ? el("div", { class: "picks", role: "group", "aria-label": say("beside.entities") }, found.map(({ entity }) =>
        button({ text: entity.name, kind: "pick-one", "aria-pressed": String(entity.id === card.entity.id), press: () => choose(entity.id) })))
    : null;
  more.put(picks, ...cardOf(card, more, choose));
  const holder = byId("graph");
  if (holder) drawGraph(holder, card.entity, relations(card), (other) => choose(other, true).catch(() => {}));
}

function cardOf(card, { open }, choose) {
  const { entity } = card;
  const names = [...new Set((card.names || []).map((one) => one.name))].filter((name) => name !== entity.name);
  const documents = (card.documents || []).map((one) => one.document);
  const groups = relations(card);
  return [
    el("header", { class: "paper-head" },
      el("h3", { id: "card-title", tabindex: "-1" }, entity.name),
      el("p", { class: "kind-line" }, sayOr(`entity.kind.${entity.kind}`, entity.kind))),
    names.length
      ? el("section", { class: "card-part" }, el("h4", {}, say("entity.names")), el("p", {}, names.slice(0, MOST_NAMES).join(lang === "zh" ? "、" : ", "), names.length > MOST_NAMES ? ` … ${say("entity.more", { count: names.length - MOST_NAMES })}` : ""))
      : null,
    groups.length ? el("figure", { class: "graph", id: "graph" }) : null,
    groups.length ? el("p", { class: "hint" }, say("entity.graph.hint")) : null,
    groups.length
      ? el("section", { class: "card-part" }, el("h4", {}, say("entity.facts")), el("dl", { class: "relations" }, groups.map((group) => relationRow(group, open, choose))))
      : null,
    documents.length
      ? el("section", { class: "card-part" }, el("h4", {}, say("entity.labels")), el("ul", { class: "plain" }, documents.slice(0, 12).map((document) => el("li", {}, labelLink(document, open)))))
      : null,
  ];
}

function labelLink(document, open) {
  const citation = { marker: "", document, section: null, fact: null, start: 0, end: 0, quote: "" };
  return [
    button({ text: document.title, kind: "link", lang: tongue(document.lang), press: (event) => open({ citation }, event.currentTarget) }),
    el("span", { class: "from" }, ` ${metaOf(document)}`),
  ];
}

// The facts by relation, seen from the entity; one that points to it has an arrow before its name.
export function relations({ entity, facts = [], relations: printed = {} }) {
  const groups = new Map();
  for (const fact of facts) {
    const out = fact.subject.id === entity.id;
    const name = printed[fact.relation]?.[lang] || fact.relation.replaceAll("_", " ");
    const other = out ? fact.object : fact.subject;
    if (other.id === entity.id) continue;
    const key = `${out ? "→" : "←"}${name}`;
    if (!groups.has(key)) groups.set(key, { name, out, others: new Map() });
    if (!groups.get(key).others.has(other.id)) groups.get(key).others.set(other.id, { ...other, fact });
  }
  return [...groups.values()].map((group) => ({ ...group, others: [...group.others.values()] }));
}

function relationRow(group, open, choose) {
  const shown = group.others.slice(0, MOST_OBJECTS);
  const rest = group.others.length - shown.length;
  return [
    el("dt", {}, group.out ? group.name : `← ${group.name}`),
    el("dd", {}, shown.map((other) => [
      button({ text: other.name, kind: "link", press: () => choose(other.id, true).catch(() => {}) }),
      other.fact.sources?.length ? button({ text: "", sign: "quoted", kind: "mini", label: say("verdict.see"), press: (event) => open({ citation: cited(other.fact) }, event.currentTarget) }) : null,
    ]), rest > 0 ? el("span", { class: "from" }, say("entity.more", { count: rest })) : null),
  ];
}

function cited(fact) {
  const [source] = fact.sources;
  const words = { subject: fact.subject.name, relation: fact.relation, object: fact.object.name };
  return { marker: "", document: source.document, section: null, fact: words, start: source.start, end: source.end, quote: source.quote };
}
