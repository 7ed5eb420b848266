// What a screen reader is told: whole sentences in order, never letters as they trickle in.

import { byId } from "/page/js/dom.js";

const ENDS = /[^。！？；.!?\n]*(?:[。！？；\n]|[.!?](?=\s|$))+/g;
const MARKS = /\s*[[〔⟦]#?\d+(?:\s*[,，、–-]\s*\d+)*[\]〕⟧]/g; // the numbers of sources, which are buttons beside the words
const KEPT = 12; // lines in the live region; older ones go, they have been read

export function speak(words, lang = null) {
  const live = byId("live");
  const line = document.createElement("p");
  if (lang) line.lang = lang;
  line.textContent = words;
  live.append(line);
  while (live.children.length > KEPT) live.firstChild.remove();
}

// Gathers what a stream brings and speaks each sentence once it is whole.
export class Reader {
  constructor() {
    this.held = "";
  }

  add(text) {
    this.held += text;
    const whole = this.held.match(ENDS);
    if (!whole) return;
    const said = whole.join("");
    this.held = this.held.slice(said.length);
    tell(said);
  }

  end() {
    tell(this.held);
    this.held = "";
  }
}

function tell(words) {
  const plain = words.replace(MARKS, "").trim();
  if (/[\p{L}\p{N}]/u.test(plain)) speak(plain);
}

let gone = 0;

// A short line at the foot that says what was done, to the eye and to a screen reader.
export function toast(words) {
  for (const old of document.querySelectorAll(".toast")) old.remove();
  const made = document.createElement("div");
  made.className = "toast";
  made.setAttribute("role", "status");
  document.body.append(made);
  made.textContent = words;
  window.clearTimeout(gone);
  gone = window.setTimeout(() => made.remove(), 3200);
}
