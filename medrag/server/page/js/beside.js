// What stands beside the answer: its evidence, the source opened at the cited words, entity cards, and how it was found.
// On a wide screen it is a column, on a phone a sheet over the conversation.

import { button, byId, fill, icon, narrow } from "/page/js/dom.js";
import { entities } from "/page/js/entity.js";
import { search } from "/page/js/search.js";
import { reading } from "/page/js/reading.js";
import { sources } from "/page/js/sources.js";
import { onLanguage, say } from "/page/js/words.js";

const VIEWS = ["evidence", "entities", "search"];
let turn = null; // the turn it belongs to
let view = "evidence";
let opener = null; // where the focus goes when it closes
let read = null; // what is being read, in place of the list
let job = 0; // the newest drawing; what an older one fetched comes too late

export function startBeside() {
  byId("beside-close").append(icon("close"));
  byId("beside-back").append(icon("back"));
  byId("beside-close").addEventListener("click", () => closeBeside());
  byId("beside-back").addEventListener("click", () => {
    read = null;
    draw();
    byId("beside-title").focus();
  });
  onLanguage(() => isOpen() && draw());
  window.addEventListener("resize", setVeil);
}

export const isOpen = () => !byId("beside").hidden;

// Shows a view of a turn. `from` is what was pressed: then the focus moves here, and back there on closing.
export function showBeside(ofTurn, chosen = view, { from = null } = {}) {
  turn = ofTurn;
  view = chosen;
  read = null;
  opened(from);
}

// Opens a source at the words that a citation, or a piece of evidence, stands for.
export function showSource(ofTurn, what, { from = null } = {}) {
  turn = ofTurn;
  view = "evidence";
  read = what;
  opened(from);
}

function opened(from) {
  byId("beside").hidden = false;
  byId("talk").classList.add("open");
  setVeil();
  draw();
  if (!from) return;
  opener = from;
  byId("beside-title").focus({ preventScroll: true });
}

export function closeBeside() {
  if (!isOpen()) return false;
  byId("beside").hidden = true;
  byId("talk").classList.remove("open");
  setVeil();
  const back = opener?.isConnected ? opener : byId("question");
  opener = null;
  back.focus({ preventScroll: true });
  return true;
}

// The turn's own panel goes with it.
export function forgetTurns() {
  turn = null;
  read = null;
  opener = null;
  byId("beside").hidden = true;
  byId("talk").classList.remove("open");
  setVeil();
}

// On a phone the rest of the page waits behind a veil: neither finger nor screen reader gets there.
function setVeil() {
  const sheet = isOpen() && narrow() && !byId("talk").hidden;
  document.querySelector(".veil")?.remove();
  document.querySelector(".talk").inert = sheet;
  document.querySelector(".top").inert = sheet;
  byId("beside").setAttribute("role", sheet ? "dialog" : "complementary");
  if (sheet) byId("beside").setAttribute("aria-modal", "true");
  else byId("beside").removeAttribute("aria-modal");
  if (!sheet) return;
  const veil = document.createElement("div");
  veil.className = "veil";
  veil.addEventListener("click", () => closeBeside());
  byId("beside").before(veil);
}

async function draw() {
  job += 1;
  const mine = job;
  const body = byId("beside-body");
  const put = (...content) => mine === job && fill(body, ...content);
  byId("beside-back").hidden = !read;
  byId("beside-title").textContent = read ? say("document") : say(`beside.${view}`);
  drawSwitch();
  body.scrollTop = 0;
  if (!turn) return put();
  const more = { put, open: (what, from) => showSource(turn, what, { from }) };
  if (read) return reading(read, more);
  if (view === "entities") return entities(turn, more);
  if (view === "search") return search(turn, more);
  return sources(turn, more);
}

function drawSwitch() {
  fill(
    byId("beside-switch"),
    VIEWS.map((name) =>
      button({
        text: say(`beside.${name}`),
        "aria-pressed": String(name === view && !read),
        press: () => {
          view = name;
          read = null;
          draw();
        },
      }),
    ),
  );
}
