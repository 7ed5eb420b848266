// Two versions of a document side by side, section by section; what differs is marked by colour, by line and by a sign.

import { call, documentAt } from "/page/js/api.js";
import { showDialog } from "/page/js/dialogs.js";
import { wordDiff } from "/page/js/diff.js";
import { button, el, fill } from "/page/js/dom.js";
import { say, tongue } from "/page/js/words.js";

const LONG = 160; // letters of an unchanged stretch that are shown at either end

export async function compareVersions(document) {
  const versions = [...document.versions].sort((a, b) => a.version - b.version);
  const table = el("div", { class: "compare", lang: tongue(document.lang), tabindex: "0", role: "region", "aria-label": say("versions") });
  const pick = (held, word) =>
    el("label", { class: "field" }, el("span", {}, say(word)), el("select", { on: { change: draw } }, versions.map((one) =>
      el("option", { value: String(one.version), selected: one === held }, [say("document.version.n", { n: one.version }), one.effective].filter(Boolean).join(" · ")))));
  const [left, right] = [pick(versions.at(-2), "versions.left"), pick(versions.at(-1), "versions.right")];
  const count = el("p", { class: "from", role: "status" });
  const dialog = el(
    "dialog",
    { class: "wide", "aria-labelledby": "dialog-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "dialog-title" }, say("versions.title", { title: document.title })),
      el("div", { class: "fields" }, left, right), count, table,
      el("div", { class: "buttons" }, button({ text: say("close"), kind: "plain-button", press: () => dialog.close() }))),
  );
  showDialog(dialog);
  await draw();

  async function draw() {
    const chosen = (label) => label.querySelector("select").value;
    try {
      const found = await call("GET", documentAt(document, { from: chosen(left), to: chosen(right) }, "/diff"));
      count.textContent = found.changed ? say("versions.changes", { count: found.changed }) : say("versions.same");
      fill(table, found.sections.filter((section) => section.change !== "same").map(drawn));
    } catch (error) {
      count.textContent = error.message;
    }
  }
}

function drawn(section) {
  const rows = [el("h3", { class: section.change }, [...section.path, section.heading].filter(Boolean).join(" › "))];
  if (section.said.length) rows.push(el("p", { class: "said" }, section.said.join(" · ")));
  const pieces = section.pieces;
  for (let at = 0; at < pieces.length; at += 1) {
    const [one, next] = [pieces[at], pieces[at + 1]];
    if (one.change === "same") rows.push(side("same old", [["same", shortened(one.text)]]), side("same new", [["same", shortened(one.text)]]));
    else if (next && new Set([one.change, next.change, "same"]).size === 3) {
      const [gone, come] = one.change === "removed" ? [one, next] : [next, one];
      const [before, after] = wordDiff(gone.text, come.text);
      rows.push(side("changed old", before, "del"), side("changed new", after, "ins"));
      at += 1;
    } else if (one.change === "removed") rows.push(side("removed old", [["other", one.text]], "del"), side("empty", []));
    else rows.push(side("empty", []), side("added new", [["other", one.text]], "ins"));
  }
  return rows;
}

function shortened(text) {
  const letters = [...text.trim()];
  return letters.length <= 2 * LONG ? letters.join("") : `${letters.slice(0, LONG).join("")} … ${letters.slice(-LONG).join("")}`;
}

const side = (kind, pieces, tag = "span") =>
  el("p", { class: kind }, pieces.filter(([, text]) => text).map(([same, text]) => (same === "same" ? text : el(tag, {}, text))));
