// An answer as it is read: its lines, the claims in them, the marks one presses, and the verdict behind each claim.

import { button, el, icon } from "/page/js/dom.js";
import { placedMarks, shortMarker } from "/page/js/marks.js";
import { notices } from "/page/js/notices.js";
import { Points } from "/page/js/points.js";
import { closeTip, openTip } from "/page/js/popover.js";
import { references } from "/page/js/references.js";
import { safety, safetyFirst } from "/page/js/safety.js";
import { tally, verdictButton, verdictOf } from "/page/js/verdict.js";
import { say, sayOr, tongue } from "/page/js/words.js";

const HELD = 2; // letters of a claim that its mark and verdict stay with
const SNIPPET = 150; // characters of a quote in a preview

export function placeName(citation) {
  if (citation.section?.heading) return citation.section.heading;
  if (citation.section?.group) return sayOr(`group.${citation.section.group}`, citation.section.group);
  return citation.fact ? say("evidence.fact") : "";
}

// The whole answer. `open(marker, claim)` opens the evidence; while it is still being written, marks wait.
export function renderAnswer(answer, { open, finished = true }) {
  const said = el("div", { class: "said" });
  const before = (answer.notices || []).filter((notice) => notice.kind === "emergency");
  const behind = (answer.notices || []).filter((notice) => notice.kind !== "emergency");
  const checked = finished ? safety(answer.safety, { open }) : null;
  said.append(...[notices(before, "first"), safetyFirst(answer.safety, checked)].filter(Boolean));
  if (answer.abstained) {
    const asks = answer.reason === "asks-back";
    said.append(el("p", { class: `label ${asks ? "asks" : ""}` }, icon(asks ? "unsupported" : "info"), say(asks ? "asks" : "abstained")));
  }
  said.append(renderText(answer, { open, finished }));
  if (!finished) return said;
  said.append(...[checked, notices(behind), tally(answer), references(answer)].filter(Boolean));
  return said;
}

function renderText(answer, { open, finished }) {
  const points = new Points(answer.answer || "");
  const claims = (answer.claims || []).map((claim, index) => ({
    claim, index, start: points.unit(claim.start), end: points.unit(claim.end),
  }));
  const marks = placedMarks(answer, points);
  for (const one of claims) one.shownAt = behindMarks(one.end, marks, points.text);
  const holder = el("div", { class: "text", lang: tongue(answer.writing?.lang) });
  const parts = { answer, claims, marks, text: points.text, open, finished, holder };
  let start = 0;
  for (const line of points.text.split("\n")) {
    const end = start + line.length;
    if (line.trim()) holder.append(renderLine(parts, start, end));
    start = end + 1;
  }
  return holder;
}

// The marks that follow a claim belong to it: its verdict stands behind them.
function behindMarks(end, marks, text) {
  let at = end;
  for (const mark of marks) {
    if (mark.start >= at && !/\S/.test(text.slice(at, mark.start)) && !text.slice(at, mark.start).includes("\n")) at = mark.end;
  }
  return at;
}

function renderLine(parts, start, end) {
  const { answer, claims, marks, text } = parts;
  const here = claims.filter((one) => one.start < end && one.end > start);
  const lead = leads(parts, start, end);
  const line = el("div", { class: lead ? "line lead" : "line" });
  const cuts = new Set([start, end]);
  for (const one of here) for (const at of [one.start, one.end, one.shownAt]) cuts.add(Math.min(Math.max(at, start), end));
  for (const mark of marks) for (const at of [mark.start, mark.end]) if (at >= start && at <= end) cuts.add(at);
  const ordered = [...cuts].sort((a, b) => a - b);
  for (let at = 0; at < ordered.length; at += 1) {
    const from = ordered[at];
    for (const one of claims) if (one.shownAt === from && one.end > start) addVerdict(parts, line, one);
    const to = ordered[at + 1];
    if (to === undefined) break;
    const mark = marks.find((one) => one.start <= from && to <= one.end);
    const inside = here.find((one) => one.start <= from && to <= one.end);
    if (mark) {
      if (mark.start === from) tail(line).append(...citeButtons(parts, mark, inside || ownerOf(claims, mark)));
    } else if (inside) {
      line.append(el("span", { class: `claim ${verdictOf(answer, inside.claim)}`, data: { claim: inside.index } }, text.slice(from, to)));
    } else if (text.slice(from, to).trim() || !line.lastChild) line.append(text.slice(from, to));
  }
  return line;
}

// Whether a line without a claim stands over the claims of the next one: 华法林【药物相互作用】.
function leads({ claims, marks, text }, start, end) {
  const alone = !claims.some((one) => one.start < end && one.end > start) && !marks.some((mark) => mark.start >= start && mark.end <= end);
  const next = text.slice(end).search(/\S/);
  return alone && next >= 0 && claims.some((one) => one.start <= end + next && one.end > end + next);
}

// A claim that ends a line takes its verdict there, once.
function addVerdict({ answer, open, holder }, line, one) {
  if (one.placed) return;
  one.placed = true;
  const span = () => holder.querySelectorAll(`[data-claim="${one.index}"]`);
  tail(line).append(verdictButton(answer, one.claim, { span, openEvidence: open }));
}

// Marks and a verdict stay on the line of the last letters before them, so that none is read as the next claim's.
function tail(line) {
  const last = line.lastChild;
  if (last?.classList?.contains("tail")) return last;
  const made = el("span", { class: "tail" });
  if (last?.classList?.contains("claim")) {
    const letters = [...last.textContent];
    const end = last.cloneNode(false);
    end.textContent = letters.splice(-HELD).join("");
    last.textContent = letters.join("");
    if (!letters.length) last.remove();
    made.append(end);
  }
  line.append(made);
  return made;
}

const ownerOf = (claims, mark) => claims.filter((one) => one.end <= mark.start && one.shownAt >= mark.end).pop() || null;

function citeButtons({ answer, open, finished, text }, mark, owner) {
  if (mark.dangling && !mark.markers.length) {
    return [el("span", { class: "cite dangling", title: say("dangling"), role: "note", "aria-label": `${text.slice(mark.start, mark.end)} ${say("dangling")}` }, shortMarker(text.slice(mark.start, mark.end)))];
  }
  return mark.markers.map((marker) => {
    const citation = answer.citations.find((one) => one.marker === marker);
    const label = citation?.document
      ? say("cite.label", { marker: shortMarker(marker), title: citation.document.title, section: placeName(citation) })
      : shortMarker(marker);
    const made = button({
      kind: "cite", press: () => open(marker, owner?.claim || null, made), data: { marker }, "aria-label": label, disabled: !finished || !citation?.document,
    });
    made.append(shortMarker(marker));
    if (citation?.document) preview(made, citation);
    return made;
  });
}

function preview(anchor, citation) {
  const quote = citation.quote.length > SNIPPET ? `${citation.quote.slice(0, SNIPPET)}…` : citation.quote;
  const show = () =>
    openTip(anchor, [
      el("p", {}, el("strong", { lang: tongue(citation.document.lang) }, citation.document.title)),
      el("p", { class: "from", lang: tongue(citation.document.lang) }, [placeName(citation), citation.document.maker, citation.document.effective].filter(Boolean).join(" · ")),
      el("blockquote", { lang: tongue(citation.document.lang) }, quote),
      el("p", { class: "from" }, say("cite.open")),
    ]);
  anchor.addEventListener("pointerenter", show);
  anchor.addEventListener("pointerleave", closeTip);
  anchor.addEventListener("focus", () => anchor.matches(":focus-visible") && show());
  anchor.addEventListener("blur", closeTip);
  anchor.addEventListener("click", closeTip);
}
