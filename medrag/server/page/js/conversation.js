// The conversation: what was asked, the answers as they come, and what one does with them.

import { renderAnswer } from "/page/js/answer.js";
import { call, chosen, events, sessionAt } from "/page/js/api.js";
import { forgetTurns, isOpen, showBeside, showSource } from "/page/js/beside.js";
import { openDialog } from "/page/js/dialogs.js";
import { bring, button, byId, el, fill, narrow } from "/page/js/dom.js";
import { feedback } from "/page/js/feedback.js";
import { greeting } from "/page/js/greeting.js";
import { copied, withReferences } from "/page/js/references.js";
import { assistant } from "/page/js/settings.js";
import { showSlots } from "/page/js/slots.js";
import { Reader, speak, toast } from "/page/js/speak.js";
import { quiet, verdictOf } from "/page/js/verdict.js";
import { say } from "/page/js/words.js";

const SESSION = "medrag.session";
const KEPT = "medrag.turns";
const TURNS = 12; // before the question that are sent where the server keeps no session
const state = { turns: [], session: null, slots: null, controller: null };

export const busy = () => state.controller !== null;

export function redraw() {
  byId("disclaimer").textContent = assistant().disclaimer || say("disclaimer");
  const holder = byId("turns");
  if (!state.turns.length) fill(holder, greeting(put));
  else fill(holder, state.turns.map((turn) => turn.element));
  for (const turn of state.turns) draw(turn);
  slots();
}

const modelNamed = () => (chosen.get() ? { model: chosen.get() } : {});

function slots() {
  const changed = (now) => {
    state.slots = now;
    slots();
  };
  showSlots(state.slots, state.session, { changed, remove: state.turns.length ? askToDelete : null });
}

// Puts a question into the box, ready to be sent.
function put(text) {
  const box = byId("question");
  box.value = text;
  box.dispatchEvent(new Event("input"));
  box.form.requestSubmit();
}

function keepSession(id) {
  state.session = id || null;
  if (id) window.sessionStorage.setItem(SESSION, id);
  else for (const name of [SESSION, KEPT]) window.sessionStorage.removeItem(name);
}

class Asked {
  constructor(question) {
    this.question = question;
    this.answer = null;
    this.evidence = [];
    this.written = { answer: "", claims: [] };
    this.trouble = "";
    this.stopped = false;
    this.explained = null;
    this.request = ""; // by which feedback names the answer
    this.element = el("article", { class: "turn", tabindex: "-1" });
  }

  // What /v1/explain is asked for this turn.
  asking() {
    return { question: this.answer.standalone || this.question, ...modelNamed() };
  }
}

function draw(turn) {
  const open = (marker, claim, from, citation = null) => {
    const cited = citation || turn.answer.citations.find((one) => one.marker === marker);
    const supports = (claim?.support || []).filter((one) => one.marker === marker);
    showSource(turn, { citation: cited, supports }, { from: from || document.activeElement });
  };
  const standalone = turn.answer?.standalone;
  fill(
    turn.element,
    el("h2", { class: "asked" }, el("span", { class: "unseen" }, `${say("you.asked")}: `), turn.question),
    standalone && standalone !== turn.question ? el("p", { class: "standalone" }, say("ask.read", { text: standalone })) : null,
    turn.answer ? [renderAnswer(turn.answer, { open }), acts(turn)] : unfinished(turn),
    turn.trouble ? el("p", { class: turn.stopped ? "stopped" : "broken" }, turn.trouble) : null,
  );
}

function unfinished(turn) {
  const waiting = el("p", { class: "waiting" }, el("i", { "aria-hidden": "true" }, el("b"), el("b"), el("b")), say(turn.evidence.length ? "ask.writing" : "ask.waiting"));
  if (!turn.written.answer) return turn.trouble ? null : waiting;
  const markers = [...new Set(turn.written.claims.flatMap((claim) => claim.citations))];
  const writing = { model: assistant().writer };
  const partial = { ...turn.written, writing, citations: markers.map((marker) => ({ marker })) };
  return [renderAnswer(partial, { open: () => {}, finished: false }), turn.trouble ? null : waiting];
}

function acts(turn) {
  const note = el("div", {});
  return [
    el(
      "div",
      { class: "acts" },
      button({ text: say("beside.evidence"), sign: "search", kind: "quiet-button", press: (event) => showBeside(turn, "evidence", { from: event.currentTarget }) }),
      button({ text: say("copy"), sign: "copy", kind: "quiet-button", press: () => copy(turn) }),
      button({ text: say("print"), sign: "print", kind: "quiet-button print", press: () => window.print() }),
      feedback(turn, note),
    ),
    note,
  ];
}

async function copy(turn) {
  const done = await copied(withReferences(turn.question, turn.answer));
  toast(say(done ? "copied" : "copy.failed"));
}

// Asks. What goes wrong is said above the box, and the question goes back into it.
export async function ask(question, { failed }) {
  const turn = new Asked(question);
  const first = !state.turns.length;
  const body = bodyOf(question, first);
  state.turns.push(turn);
  state.controller = new AbortController();
  if (first) fill(byId("turns"), turn.element);
  else byId("turns").append(turn.element);
  draw(turn);
  bring(turn.element, byId("turns"), first ? 0.2 : 0.03);
  speak(say("ask.waiting"));
  const reader = new Reader();
  try {
    for await (const { event, data } of events("POST", "/v1/ask", { body, signal: state.controller.signal })) take(turn, event, data, reader);
    if (!turn.answer) throw Object.assign(new Error(say("trouble.cut")), { kind: "cut" });
    reader.end();
    finished(turn);
  } catch (error) {
    broken(turn, error, failed);
  } finally {
    state.controller = null;
  }
}

function bodyOf(question, first) {
  const body = { question, stream: true, ...modelNamed() };
  if (state.session || (first && assistant().sessions !== false)) return { ...body, session: state.session || "new" };
  const history = state.turns.slice(-TURNS).flatMap((turn) =>
    turn.answer ? [{ role: "user", content: turn.question }, { role: "assistant", content: turn.answer.answer }] : []);
  return { ...body, history };
}

function take(turn, event, data, reader) {
  if (event === "open") turn.request = data.request;
  else if (event === "evidence") turn.evidence = data.evidence || [];
  else if (event === "text") {
    turn.written.answer += data.text || "";
    if (data.claim) turn.written.claims.push(data.claim);
    reader.add(data.text || "");
    if (data.claim) judged(data.claim, reader);
  } else if (event === "answer") turn.answer = data;
  else if (event === "error") throw Object.assign(new Error(say("trouble.server", { why: data?.error?.message || "" })), { kind: "server" });
  if (event === "evidence" || event === "text") draw(turn);
}

// A statement that is heard is heard with what checking it came to, where that is no good word.
function judged(claim, reader) {
  const verdict = verdictOf({ writing: { model: assistant().writer } }, claim);
  if (quiet(verdict)) return;
  reader.end();
  speak(say("verdict.label", { verdict: say(`verdict.${verdict}`) }));
}

function finished(turn) {
  const { answer } = turn;
  keepSession(answer.session);
  state.slots = answer.slots || null;
  if (state.session) keepTurns();
  draw(turn);
  slots();
  const warned = turn.element.querySelector(".warned strong");
  for (const words of [warned?.textContent, ...(answer.notices || []).map((notice) => notice.text)]) if (words) speak(words);
  if (!narrow() || isOpen()) showBeside(turn, "evidence");
}

function broken(turn, error, failed) {
  const stopped = error.name === "AbortError";
  if (error.kind === "missing" && state.session) keepSession(null); // it has expired: the next question begins another
  turn.stopped = stopped;
  turn.trouble = stopped ? say("ask.stopped") : error.message;
  if (turn.written.answer) draw(turn);
  else {
    state.turns = state.turns.filter((one) => one !== turn);
    turn.element.remove();
    if (!state.turns.length) redraw();
  }
  speak(turn.trouble);
  failed(turn.question, stopped ? "" : error.message);
}

export const stop = () => state.controller?.abort();

export function newConversation() {
  stop();
  state.turns = [];
  state.slots = null;
  keepSession(null);
  forgetTurns();
  redraw();
  toast(say("talk.new.done"));
  byId("question").focus();
}

function askToDelete() {
  openDialog({
    title: say("talk.delete.ask"), text: say("talk.delete.why"), done: say("delete"), bad: true,
    send: async () => {
      if (state.session) await call("DELETE", sessionAt(state.session)).catch((error) => { if (error.kind !== "missing") throw error; });
      newConversation();
      toast(say("talk.deleted"));
    },
  });
}

// After a reload of the tab: the conversation, if the server still holds it. The answers were kept in this tab alone.
export async function restore() {
  const id = window.sessionStorage.getItem(SESSION);
  if (!id || state.turns.length) return;
  try {
    const held = await call("GET", sessionAt(id));
    for (const { question, answer, request } of JSON.parse(window.sessionStorage.getItem(KEPT) || "[]")) {
      const turn = new Asked(question);
      turn.answer = answer;
      turn.request = request;
      state.turns.push(turn);
    }
    state.session = id;
    state.slots = held.slots || null;
  } catch {
    keepSession(null);
  }
}

function keepTurns() {
  try {
    window.sessionStorage.setItem(KEPT, JSON.stringify(state.turns.filter((turn) => turn.answer).map(({ question, answer, request }) => ({ question, answer, request }))));
  } catch {
    window.sessionStorage.removeItem(KEPT); // too much to keep: a reload begins anew
  }
}
