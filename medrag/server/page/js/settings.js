// Language, colours, the key, and which assistant is asked.

import { call, chosen, key, onKeyWanted } from "/page/js/api.js";
import { field, openDialog } from "/page/js/dialogs.js";
import { button, byId, el, fill, icon } from "/page/js/dom.js";
import { lang, onLanguage, say, setLanguage } from "/page/js/words.js";

const assistants = { list: [] };
let asking = false;

export const assistant = () => assistants.list.find((one) => one.id === chosen.get())?.medrag || {};

export function startSettings({ entered, switched }) {
  byId("language").addEventListener("click", () => setLanguage(lang === "zh" ? "en" : "zh"));
  byId("theme").addEventListener("click", turnTheme);
  byId("key").append(icon("key"));
  byId("key").addEventListener("click", () => askKey(entered));
  byId("assistant").addEventListener("change", (event) => {
    chosen.set(event.target.value);
    switched();
  });
  onKeyWanted(() => askKey(entered, key.get() ? say("key.wrong") : ""));
  onLanguage(showTools);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => {
    if (!kept()) setTheme(dark.matches ? "dark" : "light");
  });
  showTools();
}

function kept() {
  try {
    return window.localStorage.getItem("medrag.theme");
  } catch {
    return null;
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  showTools();
}

function turnTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try {
    window.localStorage.setItem("medrag.theme", theme);
  } catch {
    // not kept, but turned
  }
  setTheme(theme);
}

function showTools() {
  const dark = document.documentElement.dataset.theme === "dark";
  const theme = byId("theme");
  fill(theme, icon(dark ? "sun" : "moon"));
  theme.setAttribute("aria-label", say(dark ? "theme.light" : "theme.dark"));
  theme.title = theme.getAttribute("aria-label");
  const language = byId("language");
  language.textContent = say("language.switch");
  language.setAttribute("aria-label", say("language.label"));
  language.lang = lang === "zh" ? "en" : "zh-CN";
}

// Asks for the key once, however many requests were refused.
function askKey(entered, wrong = "") {
  if (asking) return;
  asking = true;
  const input = el("input", { type: "password", name: "key", autocomplete: "off", spellcheck: "false", required: true });
  const forget = key.get()
    ? button({ text: say("key.forget"), kind: "plain-button", press: () => { key.set(""); dialog.close(); } })
    : null;
  const dialog = openDialog({
    title: say("key.title"),
    text: say("key.text"),
    body: [field(say("key.label"), input), wrong ? el("p", { class: "wrong" }, wrong) : null],
    done: say("key.use"),
    extra: forget,
    send: async (form) => {
      key.set(String(form.get("key")).trim());
      await tried();
      asking = false;
      await entered();
    },
  });
  dialog.addEventListener("close", () => { asking = false; });
  input.focus();
}

// Whether the server takes the key; one that it refuses is not kept.
async function tried() {
  try {
    await call("GET", "/v1/models");
  } catch (error) {
    if (error.kind !== "key") throw error;
    key.set("");
    throw new Error(say("key.wrong"));
  }
}

export async function loadAssistants() {
  const found = await call("GET", "/v1/models");
  assistants.list = found.data || [];
  if (!assistants.list.some((one) => one.id === chosen.get())) chosen.set(assistants.list[0]?.id);
  fill(byId("assistant"), assistants.list.map((one) => el("option", { value: one.id, selected: one.id === chosen.get() }, one.medrag?.about || one.id)));
  byId("assistants").hidden = assistants.list.length < 2;
}
