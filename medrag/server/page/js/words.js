// The page's own words, in the language that was chosen. `say` fills {names} in.

import { zh } from "/page/js/words.zh.js";
import { en } from "/page/js/words.en.js";

const TABLES = { zh, en };
const heard = new Set();

export let lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

export function say(key, values = {}) {
  const words = TABLES[lang][key] ?? TABLES.en[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// A word that may be missing: a section's group, an entity's kind. The fallback is shown as it is.
export function sayOr(key, fallback) {
  return TABLES[lang][key] ?? fallback;
}

export function onLanguage(call) {
  heard.add(call);
}

export function setLanguage(chosen) {
  lang = chosen === "zh" ? "zh" : "en";
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  try {
    window.localStorage.setItem("medrag.lang", document.documentElement.lang);
  } catch {
    // a browser that keeps nothing shows its own language next time
  }
  wordsOf(document);
  for (const call of heard) call(lang);
}

// Fills in the words of elements that name them: data-say is the text, data-label the name, data-hint the placeholder.
export function wordsOf(root) {
  for (const one of root.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  for (const one of root.querySelectorAll("[data-hint]")) one.setAttribute("placeholder", say(one.dataset.hint));
  for (const one of root.querySelectorAll("[data-label]")) {
    one.setAttribute("aria-label", say(one.dataset.label));
    if (one.tagName === "BUTTON") one.setAttribute("title", say(one.dataset.label));
  }
}

// The lang attribute of a text that is not the page's own.
export const tongue = (code) => (code === "zh" ? "zh-CN" : code || null);
