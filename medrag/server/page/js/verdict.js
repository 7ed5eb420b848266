// What checking a claim came to: a shape, a word, and on a press the reasons and the words it rests on.

import { button, el, icon } from "/page/js/dom.js";
import { Points } from "/page/js/points.js";
import { openPopover } from "/page/js/popover.js";
import { say, tongue } from "/page/js/words.js";

const EXTRACTIVE = "extractive";
export const ORDER = ["supported", "quoted", "partial", "uncited", "unsupported", "contradicted"];

// A quotation that is only partly a fact's own words is no fault: it is shown as the quotation that it is.
export function verdictOf(answer, claim) {
  const quoted = answer.writing?.model === EXTRACTIVE && !(claim.reasons || []).length;
  if (quoted && ["partial", "uncited"].includes(claim.verdict)) return "quoted";
  return ORDER.includes(claim.verdict) ? claim.verdict : "uncited";
}

export const quiet = (verdict) => verdict === "supported" || verdict === "quoted";

export function verdictButton(answer, claim, { span, openEvidence }) {
  const verdict = verdictOf(answer, claim);
  const words = say(`verdict.${verdict}`);
  const made = button({
    kind: `verdict ${verdict}-ink`,
    sign: verdict,
    text: quiet(verdict) ? "" : words,
    press: () => explain(),
    "aria-expanded": "false",
    "aria-haspopup": "dialog",
    "aria-label": say("verdict.label", { verdict: words }),
    title: words,
  });
  function explain() {
    for (const one of span()) one.classList.add("shown");
    openPopover(made, words, explanation(answer, claim, verdict, openEvidence), () => {
      for (const one of span()) one.classList.remove("shown");
    });
  }
  return made;
}

function explanation(answer, claim, verdict, openEvidence) {
  const reasons = claim.reasons || [];
  const lang = tongue(answer.writing?.lang);
  const supports = supportWords(answer, claim);
  return [
    el("h3", { class: `${verdict}-ink` }, icon(verdict), say(`verdict.${verdict}`)),
    el("p", {}, say(`verdict.${verdict}.why`)),
    reasons.length ? el("h4", {}, say("verdict.reasons")) : null,
    reasons.length ? el("ul", { class: "reasons", lang }, reasons.map((reason) => el("li", {}, reason))) : null,
    supports.length ? el("h4", {}, say("verdict.words")) : null,
    supports.map(({ citation, words }) => [
      el("blockquote", { lang: tongue(citation.document?.lang) }, words),
      el("p", { class: "from" }, [citation.document?.title, citation.section?.heading].filter(Boolean).join(" · ")),
    ]),
    claim.citations?.length
      ? el("div", { class: "buttons" }, button({ text: say("verdict.see"), kind: "link", press: () => openEvidence(claim.citations[0], claim) }))
      : null,
  ];
}

// The words that carry a claim, cut out of the quotes; those outside every quote are seen in the document.
function supportWords(answer, claim) {
  const found = [];
  for (const support of claim.support || []) {
    const citation = (answer.citations || []).find((one) => one.marker === support.marker);
    if (!citation || support.start < citation.start || support.end > citation.end) continue;
    const words = new Points(citation.quote).slice(support.start - citation.start, support.end - citation.start);
    if (words.trim()) found.push({ citation, words });
  }
  return found;
}

// How many claims came to what, in one line.
export function tally(answer) {
  const claims = answer.claims || [];
  if (!claims.length) return null;
  const counts = new Map(ORDER.map((verdict) => [verdict, 0]));
  for (const claim of claims) counts.set(verdictOf(answer, claim), counts.get(verdictOf(answer, claim)) + 1);
  const share = Math.round((answer.confidence || 0) * 100);
  return el(
    "p",
    { class: "tally" },
    el("span", {}, say("verdict.checked", { count: claims.length })),
    ORDER.filter((verdict) => counts.get(verdict)).map((verdict) =>
      el("span", { class: `${verdict}-ink` }, icon(verdict), `${counts.get(verdict)} ${say(`verdict.${verdict}`)}`),
    ),
    share > 0 ? el("span", { title: say("confidence.label", { share }) }, say("confidence", { share })) : null,
  );
}

