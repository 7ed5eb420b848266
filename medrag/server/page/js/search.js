// How a question was understood, where its evidence was found, and why what comes first comes first.

import { call } from "/page/js/api.js";
import { button, el } from "/page/js/dom.js";
import { lang, say, sayOr, tongue } from "/page/js/words.js";

// What raised a passage, in a reader's words; a feature of none of these kinds is left out.
const KINDS = [
  [/^(section|asked)/, "section"], [/^(words|rare words|phrases)/, "words"], [/heading$/, "heading"], [/^hints/, "hints"], [/^cosine/, "cosine"], [/^number/, "number"],
  [/^patient/, "patient"], [/^(first|place)/, "place"], [/^short/, "short"], [/^(document|names another)/, "document"], [/condition/, "condition"],
];
const WIDEST = 20; // what a channel returns at most: a full bar
const SHOWN = 8;

export async function search(turn, { put, open }) {
  if (!turn.answer) return put(el("p", { class: "empty" }, say("search.loading")));
  if (!turn.explained) {
    put(el("p", { class: "empty" }, say("search.loading")));
    try {
      turn.explained = await call("POST", "/v1/explain", { body: turn.asking() });
    } catch (error) {
      return put(el("p", { class: "empty" }, say("search.failed")), el("p", { class: "remark" }, error.message), trace(turn));
    }
  }
  const found = turn.explained;
  return put(
    el("h3", { class: "over" }, say("search.understood")), understood(turn, found),
    el("h3", { class: "over" }, say("search.channels")), channels(found.channels || []),
    el("h3", { class: "over" }, say("search.ranked")), el("ol", { class: "ranked" }, (found.evidence || []).slice(0, SHOWN).map((item) => ranked(item, turn, open))),
    trace(turn),
  );
}

const joined = (list) => list.filter(Boolean).join(lang === "zh" ? "、" : ", ");

function understood(turn, found) {
  const names = (found.names || []).map((one) =>
    one.written && one.read && one.written !== one.read ? say("search.read", one) : one.meanings?.[0] || one.read || one.written);
  const groups = (found.asked || []).map((one) => sayOr(`group.${one.group}`, one.group));
  const likely = (found.sections || []).slice(0, 3).map((one) => `${sayOr(`group.${one.group}`, one.group)} ${Math.round(one.probability * 100)}%`);
  const rows = [
    ["search.standalone", turn.answer.standalone && turn.answer.standalone !== turn.question ? turn.answer.standalone : ""],
    ["search.names", joined(names)],
    ["search.sections", joined(groups.length ? groups : likely)],
    ["search.patients", joined((found.patients || []).map((one) => sayOr(`patient.${one}`, one)))],
    ["search.ages", joined((found.ages || []).map(String))],
    ["search.terms", joined(found.terms || [])],
    ["search.hints", joined((found.hints || []).slice(0, 8))],
    ["search.unknown", joined(found.unknown || [])],
    ["search.shape", found.shape ? sayOr(`shape.${found.shape}`, found.shape) : ""],
  ].filter(([, value]) => value);
  return el("dl", { class: "facts" }, rows.map(([name, value]) => [el("dt", {}, say(name)), el("dd", {}, value)]));
}

function channels(list) {
  return el("ul", { class: "channels" }, list.map((channel) => {
    const bar = el("meter", { min: "0", max: String(WIDEST), value: String(Math.min(channel.found, WIDEST)), "aria-hidden": "true" });
    return el("li", {}, el("span", {}, sayOr(`search.channel.${channel.name}`, channel.name)), bar, el("span", { class: "from" }, `${say("search.found", { count: channel.found })} · ${Math.round(channel.milliseconds)} ms`));
  }));
}

function ranked(item, turn, open) {
  const same = (one) => one.rank === item.rank && (one.document?.key ?? "") === (item.document?.key ?? "");
  const known = (turn.answer.evidence || []).find(same);
  const kinds = (item.features || []).filter((one) => one.raised > 0).map((one) => KINDS.find(([pattern]) => pattern.test(one.name))?.[1]);
  const reasons = [...new Set(kinds.filter(Boolean))].map((kind) => say(`feature.${kind}`));
  const title = item.document ? [item.document.title, item.section].filter(Boolean).join(" · ") : item.text;
  const press = known?.document
    ? (event) => open({ citation: { ...known, marker: "", fact: null, quote: known.text } }, event.currentTarget)
    : null;
  return el(
    "li",
    {},
    press ? button({ text: title, kind: "link", lang: tongue(item.document?.lang), press }) : el("span", { lang: tongue(item.document?.lang) }, title),
    el("p", { class: "from" }, [say("search.score", { score: item.score.toFixed(2) }), ...(item.found_by || []).map((name) => sayOr(`search.channel.${name}`, name))].join(" · ")),
    reasons.length ? el("p", { class: "from" }, `↑ ${joined(reasons)}`) : null,
  );
}

function trace({ answer }) {
  const { writing = {}, trace: told = {} } = answer;
  const total = told.milliseconds?.total;
  const parts = [
    writing.model ? `${say("search.written")}: ${writing.model}` : "",
    total ? `${say("search.time")}: ${Math.round(total)} ms` : "",
    writing.commit ? `commit ${writing.commit}` : "",
    writing.release ? `medrag ${writing.release}` : "",
  ];
  return el("p", { class: "from end" }, parts.filter(Boolean).join(" · "));
}
