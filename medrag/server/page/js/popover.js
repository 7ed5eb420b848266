// A small card beside what was pressed: one at a time, closed by Esc, by a press elsewhere or by scrolling away.

import { el, byId } from "/page/js/dom.js";

const GAP = 8; // pixels between the card and what it explains
let shown = null; // {card, anchor, onClose}
let tip = null;

export function openPopover(anchor, label, content, onClose = null) {
  const again = shown && shown.anchor === anchor;
  closePopover();
  if (again) return;
  closeTip();
  const card = el("div", { class: "pop", role: "dialog", "aria-label": label, tabindex: "-1", id: "pop" }, content);
  anchor.setAttribute("aria-expanded", "true");
  document.body.append(card);
  place(card, anchor);
  shown = { card, anchor, onClose };
  card.focus({ preventScroll: true });
}

export function closePopover({ back = false } = {}) {
  if (!shown) return false;
  const { card, anchor, onClose } = shown;
  shown = null;
  card.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (back) anchor.focus({ preventScroll: true });
  if (onClose) onClose();
  return true;
}

// A preview that follows the pointer's or the keyboard's rest; it takes no focus and is told by the anchor's own label.
export function openTip(anchor, content) {
  closeTip();
  if (shown || window.matchMedia("(hover: none)").matches) return;
  tip = el("div", { class: "pop tip", "aria-hidden": "true" }, content);
  document.body.append(tip);
  place(tip, anchor);
}

export function closeTip() {
  if (tip) tip.remove();
  tip = null;
}

function place(card, anchor) {
  const at = anchor.getClientRects()[0] || anchor.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const left = Math.max(12, Math.min(at.left - 24, window.innerWidth - width - 12));
  const below = at.bottom + GAP + height < window.innerHeight - 12 || at.top < height + GAP + 12;
  const top = below ? Math.min(at.bottom + GAP, window.innerHeight - height - 12) : at.top - GAP - height;
  card.style.setProperty("left", `${Math.round(left)}px`);
  card.style.setProperty("top", `${Math.round(Math.max(12, top))}px`);
}

document.addEventListener("pointerdown", (event) => {
  if (shown && !shown.card.contains(event.target) && !shown.anchor.contains(event.target)) closePopover();
});
document.addEventListener(
  "scroll",
  (event) => {
    closeTip();
    if (shown && !shown.card.contains(event.target) && event.target !== byId("live")) closePopover();
  },
  true,
);
window.addEventListener("resize", () => closePopover());
