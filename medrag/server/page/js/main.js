// Begins the page: the question box, the two views, the keys one may press.

import { closeBeside, isOpen, startBeside } from "/page/js/beside.js";
import { ask, busy, newConversation, redraw, restore, stop } from "/page/js/conversation.js";
import { button, byId, el, fill, icon, narrow } from "/page/js/dom.js";
import { drawLibrary, openLibrary } from "/page/js/library.js";
import { closePopover, closeTip } from "/page/js/popover.js";
import { loadAssistants, startSettings } from "/page/js/settings.js";
import { onLanguage, say, wordsOf } from "/page/js/words.js";

const box = byId("question");

function fit() {
  box.style.setProperty("height", "auto");
  box.style.setProperty("height", `${Math.min(box.scrollHeight, 190)}px`);
  byId("send").disabled = !box.value.trim();
}

function trouble(words, retry = null) {
  const alarm = byId("trouble");
  alarm.hidden = !words;
  fill(alarm, words, words && retry ? button({ text: say("retry"), kind: "link", press: retry }) : null);
}

function asking(now) {
  byId("stop").hidden = !now;
  byId("send").hidden = now;
  byId("turns").setAttribute("aria-busy", String(now));
}

async function send() {
  const question = box.value.trim();
  if (!question || busy()) return;
  box.value = "";
  fit();
  trouble("");
  asking(true);
  await ask(question, {
    failed: (text, words) => {
      if (!box.value.trim()) box.value = text; // nothing that was typed is lost
      fit();
      trouble(words, () => send());
    },
  });
  asking(false);
  if (!narrow()) box.focus({ preventScroll: true });
}

function show(view, { focus = true } = {}) {
  for (const name of ["talk", "library"]) {
    byId(name).hidden = name !== view;
    const tab = byId(`tab-${name}`);
    if (name === view) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  document.title = view === "talk" ? "medrag" : `${say("tab.library")} · medrag`;
  if (view === "library") openLibrary({ about: askAbout });
  else if (focus && !narrow()) box.focus();
}

function askAbout(title) {
  show("talk");
  box.value = title;
  fit();
  box.focus();
}

function keys(event) {
  if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    closeTip();
    if (closePopover({ back: true })) return;
    if (busy()) stop();
    else if (isOpen() && !byId("talk").hidden) closeBeside();
  } else if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName) && !byId("talk").hidden) {
    event.preventDefault();
    box.focus();
  }
}

async function load() {
  try {
    await loadAssistants();
    await restore();
    trouble("");
  } catch (error) {
    trouble(error.message, load);
  }
  redraw();
}

function start() {
  wordsOf(document);
  byId("send").append(icon("send"));
  byId("stop").append(icon("stop"));
  byId("new-talk").append(icon("plus"), el("span", { class: "word", data: { say: "talk.new" } }, say("talk.new")));
  startSettings({ entered: load, switched: newConversation });
  startBeside();
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  box.addEventListener("input", fit);
  box.addEventListener("keydown", (event) => {
    // while a Chinese word is being composed, Enter chooses it
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  byId("stop").addEventListener("click", stop);
  byId("new-talk").addEventListener("click", () => {
    show("talk");
    newConversation();
  });
  byId("tab-talk").addEventListener("click", () => show("talk"));
  byId("tab-library").addEventListener("click", () => show("library"));
  document.addEventListener("keydown", keys);
  onLanguage(() => {
    redraw();
    drawLibrary();
    fit();
  });
  fit();
  load();
  if (!narrow()) box.focus();
}

start();
