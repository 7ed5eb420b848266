// What is said beside an answer, in a place of its own, and never hidden.

import { el, icon } from "/page/js/dom.js";
import { say, sayOr } from "/page/js/words.js";

const SIGNS = { emergency: "alert", doctor: "doctor", conflict: "conflict", model: "model", disclaimer: "info" };

export function notices(list, kind = "") {
  if (!list.length) return null;
  return el("div", { class: `notices ${kind}` }, list.map(notice));
}

function notice({ kind, text }) {
  return el(
    "div",
    { class: `notice ${SIGNS[kind] ? kind : "doctor"}`, role: kind === "emergency" ? "alert" : "note" },
    icon(SIGNS[kind] || "info"),
    el("strong", {}, sayOr(`notice.${kind}`, say("notice.doctor"))),
    el("p", {}, text),
  );
}
