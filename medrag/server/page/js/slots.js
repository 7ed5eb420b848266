// What the conversation assumes: the medicines, the diseases and the person spoken of, which one may correct.

import { call, sessionAt } from "/page/js/api.js";
import { field, listed, openDialog } from "/page/js/dialogs.js";
import { button, byId, el, fill } from "/page/js/dom.js";
import { speak, toast } from "/page/js/speak.js";
import { lang, say } from "/page/js/words.js";

const MANY = ["allergies", "diagnoses", "medicines"];
const FEW = ["renal", "hepatic"];

// The line above the question box.
export function showSlots(slots, session, { changed, remove }) {
  const holder = byId("slots");
  const chips = slots ? chipsOf(slots) : [];
  holder.hidden = !remove && !chips.length;
  const edit = session && slots
    ? button({ text: say("slots.edit"), sign: "edit", kind: "quiet-button", press: () => editSlots(slots, session, changed) })
    : null;
  const away = remove ? button({ sign: "trash", label: say("talk.delete"), kind: "quiet-button away", press: remove }) : null;
  return fill(holder, chips.length ? el("span", {}, say("slots.about")) : null, chips, edit, away);
}

function chipsOf(slots) {
  const names = [...(slots.drugs || []), ...(slots.diseases || [])].slice(0, 6);
  const person = personOf(slots.patient || {});
  return [...names.map((name) => el("span", { class: "chip" }, name)), ...person.map((words) => el("span", { class: "chip person" }, words))];
}

// An age in years as it is said: a small child's in months.
export function aged(years) {
  return years < 2 && years * 12 !== Math.floor(years) * 12 ? say("slot.months", { n: Math.round(years * 12) }) : say("slot.age", { n: years });
}

function personOf(patient) {
  const { age, weight, sex, pregnant, breast_feeding: nursing, egfr, renal, hepatic } = patient;
  const many = (key, list) => (list || []).map((what) => say(key, { what }));
  return [
    age === null || age === undefined ? "" : aged(age),
    sex ? say(`slots.${sex}`) : "",
    weight ? say("slot.weight", { n: weight }) : "",
    pregnant === true ? say("slot.pregnant") + (patient.trimester ? ` (${say("slots.trimester.n", { n: patient.trimester })})` : "") : "",
    pregnant === false ? say("slot.not_pregnant") : "",
    nursing ? say("slot.breast_feeding") : "",
    egfr ? say("slot.egfr", { n: egfr }) : "",
    renal ? say("slot.renal", { what: renal }) : "",
    hepatic ? say("slot.hepatic", { what: hepatic }) : "",
    ...many("slot.allergy", patient.allergies), ...many("slot.takes", patient.medicines), ...many("slot.has", patient.diagnoses),
  ].filter(Boolean);
}

function editSlots(slots, session, changed) {
  const patient = slots.patient || {};
  const comma = lang === "zh" ? "，" : ", ";
  const text = (name, value) => field(say(`slots.${name}`), el("input", { type: "text", name, value: value || "", autocomplete: "off" }));
  const number = (name, max) => field(say(`slots.${name}`), el("input", { type: "number", name, min: "0", max, step: "any", inputmode: "decimal", value: patient[name] ?? "" }));
  const many = (name, list) => text(name, (list || []).join(comma));
  const pick = (name, held, options) =>
    field(say(`slots.${name}`), el("select", { name }, [["", say("slots.unsaid")], ...options].map(([value, words]) => el("option", { value, selected: String(held ?? "") === value }, words))));
  const yesNo = [["true", say("slots.yes")], ["false", say("slots.no")]];
  openDialog({
    title: say("slots.title"),
    text: say("slots.text"),
    done: say("save"),
    body: [
      el("div", { class: "fields" }, many("drugs", slots.drugs), many("diseases", slots.diseases)),
      el("p", { class: "why" }, say("slots.many")),
      el("h3", {}, say("slots.person")),
      el(
        "div",
        { class: "fields" },
        number("age", "130"), number("weight", "500"), pick("sex", patient.sex, [["female", say("slots.female")], ["male", say("slots.male")]]),
        pick("pregnant", patient.pregnant, yesNo), pick("trimester", patient.trimester, ["1", "2", "3"].map((n) => [n, say("slots.trimester.n", { n })])),
        pick("breast_feeding", patient.breast_feeding, yesNo), number("egfr", "250"), FEW.map((name) => text(name, patient[name])), MANY.map((name) => many(name, patient[name])),
      ),
    ],
    send: async (form) => {
      const answer = await call("PATCH", sessionAt(session, "/slots"), { body: corrected(slots, form) });
      changed(answer.slots || answer);
      toast(say("slots.saved"));
      speak(say("slots.saved"));
    },
  });
}

function corrected(slots, form) {
  const given = (name) => String(form.get(name) ?? "").trim();
  const number = (name) => (given(name) === "" ? null : Number(given(name)));
  const truth = (name) => (given(name) === "" ? null : given(name) === "true");
  return {
    ...slots,
    drugs: listed(form.get("drugs")),
    diseases: listed(form.get("diseases")),
    patient: {
      ...slots.patient,
      age: number("age"), weight: number("weight"), egfr: number("egfr"), trimester: number("trimester"),
      sex: given("sex") || null, pregnant: truth("pregnant"), breast_feeding: truth("breast_feeding"),
      ...Object.fromEntries(FEW.map((name) => [name, given(name)])),
      ...Object.fromEntries(MANY.map((name) => [name, listed(form.get(name))])),
    },
  };
}
