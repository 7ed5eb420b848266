// What one sees first: what this is, and questions that this knowledge base can answer, made from the labels in it.

import { address, call, documentAt } from "/page/js/api.js";
import { button, el } from "/page/js/dom.js";
import { assistant } from "/page/js/settings.js";
import { lang, say } from "/page/js/words.js";

// Names that read well in a question, and a word that the labels of such medicines have in theirs.
const PLAIN = { zh: /^(\p{Script=Han}{3,12})$/u, en: /^([A-Za-z][A-Za-z ]{3,26}?)(?: ?- .*)?$/ };
const FORMS = { zh: ["片", "胶囊"], en: ["tablet", "capsule"] };
const GROUPS = ["adverse_reactions", "contraindications", "storage", "interactions", "indications", "dosage"];
const TRIES = 4;
const known = { zh: null, en: null };

export function greeting(put) {
  const held = assistant();
  const tries = el("ul", { class: "tries" });
  const over = el("h3", { hidden: true }, say("greet.try"));
  const count = held.kb?.documents;
  const holds = count ? el("p", { class: "holds" }, say("greet.holds", { documents: count.toLocaleString() })) : null;
  questions().then((found) => {
    over.hidden = !found.length;
    tries.replaceChildren(...found.map((text) => el("li", {}, button({ text, press: () => put(text) }))));
  });
  return el(
    "section",
    { class: "greet" },
    el("h2", { class: "title" }, say("greet.title")),
    el("p", {}, held.greeting || say("greet.text")),
    over,
    tries,
    holds,
  );
}

async function questions() {
  if (known[lang] === null) {
    try {
      known[lang] = await made(await candidates());
    } catch {
      return [];
    }
  }
  return known[lang];
}

// Labels of medicines with plain names, taken from all over the list.
async function candidates() {
  const asked = (query) => call("GET", address("/v1/documents", { kind: "label", lang, limit: 300, query }));
  const found = [];
  for (const query of [...FORMS[lang], ""]) {
    const { documents } = await asked(query);
    found.push(...documents.filter((document) => PLAIN[lang].test(document.title)));
    if (found.length >= 2 * TRIES) break;
  }
  const step = Math.max(1, Math.floor(found.length / (2 * TRIES)));
  return found.filter((_, at) => at % step === 0).slice(0, 2 * TRIES);
}

// LANOXIN- digoxin tablet is called Lanoxin in a question.
function called(title) {
  const name = title.match(PLAIN[lang])[1].trim();
  return name === name.toUpperCase() && lang === "en" ? name[0] + name.slice(1).toLowerCase() : name;
}

// A question for each, about a section that its label has, another one each time.
async function made(documents) {
  const labels = await Promise.all(documents.map((document) => call("GET", documentAt(document))));
  const asked = new Map();
  for (const { title: printed, sections } of labels) {
    const title = called(printed);
    const groups = new Set(sections.filter((section) => section.end > section.start).map((section) => section.group));
    const group = GROUPS.find((one) => groups.has(one) && !asked.has(one));
    if (group && ![...asked.values()].some((text) => text.includes(title))) asked.set(group, say(`greet.try.${group}`, { title }));
    if (asked.size === TRIES) break;
  }
  return [...asked.values()];
}
