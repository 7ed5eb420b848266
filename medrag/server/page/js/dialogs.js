// Modal dialogs: the browser's own, which keep the focus inside and give it back.

import { button, el } from "/page/js/dom.js";
import { say } from "/page/js/words.js";

// A dialog with a title and a form. `send` gets the form's data and may throw: what it says is shown, the dialog stays.
export function openDialog({ title, text = "", body = [], done, bad = false, send, kind = "", extra = null }) {
  const wrong = el("p", { class: "wrong", role: "alert" });
  const confirm = el("button", { type: "submit", class: bad ? "main-button bad-button" : "main-button" }, done);
  const form = el(
    "form",
    { method: "dialog" },
    el("h2", { id: "dialog-title" }, title),
    text ? el("p", { class: "why" }, text) : null,
    body,
    wrong,
    el("div", { class: "buttons" }, extra, button({ text: say("cancel"), kind: "plain-button", press: () => dialog.close() }), confirm),
  );
  const dialog = el("dialog", { class: kind, "aria-labelledby": "dialog-title" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    confirm.disabled = true;
    wrong.textContent = "";
    try {
      await send(new FormData(form));
      dialog.close();
    } catch (error) {
      wrong.textContent = error.message;
    } finally {
      confirm.disabled = false;
    }
  });
  return showDialog(dialog);
}

// Shows a dialog until it is closed; a press on what is behind it closes it.
export function showDialog(dialog) {
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.showModal();
  return dialog;
}

export function field(words, input) {
  return el("label", { class: "field" }, el("span", {}, words), input);
}

export const listed = (words) => String(words || "").split(/[,，、;；\n]/).map((one) => one.trim()).filter(Boolean);
