// What the safety check found: worst first, with every label's own words, and what could not be checked. Never folded away.

import { bring, button, byId, el, icon } from "/page/js/dom.js";
import { aged } from "/page/js/slots.js";
import { lang, say, sayOr, tongue } from "/page/js/words.js";

const WORST = new Set(["contraindicated", "avoid"]);
const MILD = new Set(["noted"]);
const TOGETHER = new Set(["interaction", "herbs", "duplicate", "food"]);
const NAMED = 2; // findings that are named above the answer
const STATED = 2; // labels whose words stand open; others that say the same unfold

// Nothing where no check was made, or where it had nothing to check.
export function safety(report, { open }) {
  if (!report) return null;
  const findings = report.findings || [];
  const less = [
    ["safety.unknown", report.unknown || []],
    ["safety.unchecked", pairs(report, "not_covered")],
    ["safety.partly", pairs(report, "partly")],
  ].filter(([, names]) => names.length);
  if (!findings.length && !less.length && !(report.notes || []).length && !(report.checked || []).length) return null;
  const told = tongue(report.lang);
  return el(
    "section",
    { class: "safety", "aria-label": say("safety"), tabindex: "-1" },
    el("h3", {}, icon("shield"), say("safety")),
    findings.length
      ? el("ul", { lang: told }, findings.map((finding) => found(finding, open)))
      : el("p", { class: "less" }, say("safety.none")),
    less.map(([word, names]) => el("p", { class: "less" }, say(word, { what: [...new Set(names)].join("、") }))),
    (report.notes || []).map((note) => el("p", { class: "less", lang: told }, note)),
  );
}

// What stands over the answer where something is contraindicated, to be avoided or taken together with care, so that nobody
// reads past it; it says of what, since that need not be what was asked.
export function safetyFirst(report, block) {
  const findings = report?.findings || [];
  const worst = findings.filter((one) => WORST.has(one.severity));
  const told = worst.length ? worst : findings.filter((one) => TOGETHER.has(one.kind) && !MILD.has(one.severity));
  if (!told.length || !block) return null;
  const named = told.slice(0, NAMED).map((one) => say("safety.one", { severity: sayOr(`severity.${one.severity}`, one.severity), what: subject(one) }));
  if (told.length > NAMED) named.push(say("entity.more", { count: told.length - NAMED }));
  const press = () => {
    bring(block, byId("turns"), 0.06);
    block.focus({ preventScroll: true });
  };
  return el("p", { class: worst.length ? "warned" : "warned careful" }, icon("alert"), el("strong", {}, say("safety.first", { what: named.join(lang === "zh" ? "；" : "; ") })), button({ text: say("safety.below"), kind: "link", press }));
}

// The medicines of a finding, and what speaks against them: 华法林 · 82 岁.
function subject(finding) {
  const names = (finding.medicines || []).join(" + ");
  const about = finding.kind === "age" && finding.about ? aged(Number(finding.about)) : finding.about;
  return [names, about && finding.about !== names ? about : ""].filter(Boolean).join(" · ");
}

function pairs(report, coverage) {
  return (report.checked || [])
    .filter((one) => one.coverage === coverage)
    .map((one) => [...(one.medicines || []), one.about].filter(Boolean).join(" + "));
}

function found(finding, open) {
  const stated = finding.stated || [];
  return el(
    "li",
    {},
    el(
      "p",
      { class: "what" },
      grade(finding.severity),
      el("strong", {}, subject(finding)),
      el("span", { class: "kind" }, sayOr(`finding.${finding.kind}`, finding.kind || "")),
      finding.conflict ? el("span", { class: "kind" }, say("safety.conflict")) : null,
    ),
    finding.reason ? el("p", {}, finding.reason) : null,
    stated.slice(0, STATED).map((one) => statedBy(one, finding, open)),
    stated.length > STATED
      ? el("details", { class: "further" }, el("summary", {}, say("safety.further", { count: stated.length - STATED })), stated.slice(STATED).map((one) => statedBy(one, finding, open)))
      : null,
  );
}

function grade(severity) {
  const name = String(severity || "noted");
  const level = WORST.has(name) ? "worst" : MILD.has(name) ? "mild" : "";
  return el("span", { class: `grade ${level}` }, icon(level === "worst" ? "alert" : "info"), sayOr(`severity.${name}`, name));
}

function statedBy(stated, finding, open) {
  const { citation } = stated;
  if (!citation?.document) return null;
  const place = [citation.document.title, citation.document.maker, citation.section?.heading].filter(Boolean).join(" · ");
  return el(
    "div",
    { class: "stated" },
    el("p", { class: "quote", lang: tongue(citation.document.lang) }, citation.quote),
    el(
      "p",
      { class: "from" },
      stated.severity !== finding.severity ? grade(stated.severity) : null,
      button({ text: place, kind: "link", title: say("safety.open"), press: (event) => open("", null, event.currentTarget, citation) }),
      stated.via ? el("span", {}, say("safety.via", { what: stated.via })) : null,
    ),
  );
}
