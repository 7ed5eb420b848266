// Thumbs up or down, with a note; the question and answer go along only if one leaves them ticked.

import { call, chosen } from "/page/js/api.js";
import { button, el, fill } from "/page/js/dom.js";
import { toast } from "/page/js/speak.js";
import { say } from "/page/js/words.js";

export function feedback(turn, holder) {
  const thumbs = [["up", "up", "feedback.up"], ["down", "bad", "feedback.down"]].map(([rating, sign, word]) => {
    const made = button({ sign, label: say(word), kind: "quiet-button", "aria-pressed": String(turn.rated === rating), press: () => form(turn, rating, holder, thumbs) });
    made.dataset.rating = rating;
    return made;
  });
  return thumbs;
}

function form(turn, rating, holder, thumbs) {
  const note = el("textarea", { class: "box", rows: "2", maxlength: "4000", "aria-label": say("feedback.note"), placeholder: say("feedback.note") });
  const along = el("input", { type: "checkbox", checked: true });
  const wrong = el("p", { class: "broken", role: "alert" });
  const send = async () => {
    try {
      const model = chosen.get();
      const record = along.checked ? { ...turn.answer, trace: {} } : null;
      await call("POST", "/v1/feedback", { body: { rating, note: note.value.trim(), answer_id: turn.request, ...(model ? { model } : {}), ...(record ? { record } : {}) } });
      turn.rated = rating;
      for (const thumb of thumbs) thumb.setAttribute("aria-pressed", String(thumb.dataset.rating === rating));
      fill(holder);
      toast(say("feedback.done"));
      thumbs.find((thumb) => thumb.dataset.rating === rating)?.focus();
    } catch (error) {
      wrong.textContent = say("feedback.failed", { why: error.message });
    }
  };
  fill(
    holder,
    el("div", { class: "note" }, note,
      el("label", { class: "tick" }, along, say("feedback.along")),
      wrong,
      el("div", { class: "buttons" }, button({ text: say("feedback.send"), kind: "main-button", press: send }), button({ text: say("cancel"), kind: "plain-button", press: () => fill(holder) }))),
  );
  note.focus();
}
