// Where an answer's citations point, in words: for the clipboard and for paper.

import { el } from "/page/js/dom.js";
import { shortMarker } from "/page/js/marks.js";
import { say, tongue } from "/page/js/words.js";

// Title, maker, version and date, section, and the span with which anyone finds it again.
export function placeOf(citation) {
  const { document } = citation;
  const facts = [document.maker, document.version ? say("document.version.n", { n: document.version }) : "", document.effective];
  const section = citation.section?.heading || (citation.fact ? `${citation.fact.subject} ${citation.fact.relation} ${citation.fact.object}` : "");
  const head = [document.title, ...facts.filter(Boolean)].join(" · ");
  return `${section ? `${head} › ${section}` : head} (${document.source}:${document.key}, ${citation.start}–${citation.end})`;
}

const line = (citation) => `“${citation.quote.split(/\s+/).join(" ")}” — ${placeOf(citation)}`;

// Shown on paper alone.
export function references(answer) {
  if (!answer.citations?.length) return null;
  return el(
    "ol",
    { class: "refs", "aria-label": say("references") },
    answer.citations.map((citation) => el("li", { lang: tongue(citation.document.lang) }, `[${shortMarker(citation.marker)}] ${line(citation)}`)),
  );
}

export function withReferences(question, answer) {
  const lines = [question, "", answer.answer];
  for (const notice of answer.notices || []) lines.push("", notice.text);
  for (const finding of answer.safety?.findings || []) if (finding.text) lines.push("", finding.text);
  if (answer.citations?.length) lines.push("", `${say("references")}:`);
  for (const citation of answer.citations || []) lines.push(`${citation.marker} ${line(citation)}`);
  for (const claim of answer.claims || []) {
    for (const reason of claim.reasons || []) lines.push(`! ${claim.text}: ${reason}`);
  }
  return lines.join("\n");
}

// Whether the text is on the clipboard now. Pages that are not "secure" for the browser have no clipboard: they use a field.
export async function copied(text) {
  try {
    await window.navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el("textarea", { class: "unseen", readonly: true, "aria-hidden": "true", tabindex: "-1" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
