// The neighbourhood of an entity, drawn: it stands in the middle, its relations to both sides,
// or above them where there is little room; nothing lies over anything else.

import { svg } from "/page/js/dom.js";
import { say } from "/page/js/words.js";

const ROW = 27; // pixels from one name to the next
const HEAD = 22; // of a relation's own line
const GAP = 8; // between two relations
const EACH = 5; // neighbours of one relation, twice as many where there are few relations
const GROUPS = 8;
const NARROW = 430; // below this width all stand below it
const ROOT = 52; // height of its own line there
const LETTER = 13.5; // pixels of a Han letter; others take about half

export function drawGraph(holder, entity, relations, choose) {
  const width = Math.max(280, Math.floor(holder.clientWidth));
  const each = relations.length < 3 ? 2 * EACH : EACH;
  const groups = relations.slice(0, GROUPS).map((group) => ({ ...group, shown: group.others.slice(0, each) }));
  const sides = width < NARROW ? [[], groups] : halves(groups.length === 1 ? split(groups[0]) : groups);
  const tree = width < NARROW || !sides[0].length;
  const height = Math.max(...sides.map(heightOf), tree ? 0 : 90) + 16 + (tree ? ROOT : 0);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": say("entity.graph", { name: entity.name }) });
  const edges = svg("g", { class: "edges" });
  const middle = tree ? { x: 30, y: 26 } : { x: width / 2, y: height / 2 };
  const reach = tree ? 34 : 66; // from the middle to where the names begin
  sides.forEach((side, at) => drawSide(root, side, { edges, middle, left: at === 0, reach, width, height, choose, tree }));
  root.prepend(edges);
  root.append(tree ? centre(entity, { x: 14, y: 26 }, width - 28, "start") : centre(entity, middle, 96, "middle"));
  holder.replaceChildren(root);
}

// The groups in two halves of about the same height, in their order.
function halves(groups) {
  const all = heightOf(groups);
  const right = [];
  const left = [];
  for (const group of groups) (heightOf(right) < all / 2 ? right : left).push(group);
  return [left, right];
}

// One relation alone stands on both sides too.
function split(group) {
  const half = Math.ceil(group.shown.length / 2);
  const rest = group.others.slice(group.shown.length);
  if (group.shown.length < 4) return [group];
  return [{ ...group, shown: group.shown.slice(0, half), others: group.shown.slice(0, half) }, { ...group, shown: group.shown.slice(half), others: [...group.shown.slice(half), ...rest] }];
}

const heightOf = (groups) => groups.reduce((sum, group) => sum + HEAD + ROW * group.shown.length + (group.others.length > group.shown.length ? ROW * 0.8 : 0) + GAP, 0);

function drawSide(root, groups, { edges, middle, left, reach, width, height, choose, tree }) {
  const sign = left ? -1 : 1;
  const edge = middle.x + sign * reach;
  const room = left ? edge - 6 : width - edge - 6;
  const anchor = left ? "end" : "start";
  let y = tree ? ROOT + 4 : (height - heightOf(groups)) / 2;
  for (const group of groups) {
    const words = `${group.out ? "" : "← "}${group.name}`;
    root.append(svg("text", { x: edge + sign * 10, y: y + 15, class: "relation", "text-anchor": anchor }, cut(words, room)));
    y += HEAD;
    for (const other of group.shown) {
      const at = y + ROW / 2;
      edges.append(svg("path", { d: tree ? trunk(middle, edge, at) : branch(middle.x + sign * 30, middle.y, edge, at) }));
      root.append(node(other, { x: edge, y: at, sign, anchor, room, choose }));
      y += ROW;
    }
    if (group.others.length > group.shown.length) {
      const rest = say("entity.more", { count: group.others.length - group.shown.length });
      root.append(svg("text", { x: edge + sign * 10, y: y + 12, class: "relation", "text-anchor": anchor }, rest));
      y += ROW * 0.8;
    }
    y += GAP;
  }
}

function branch(x, y, edge, at) {
  const bend = (edge - x) * 0.55;
  return `M${x} ${y}C${x + bend} ${y} ${edge - bend} ${at} ${edge} ${at}`;
}

const trunk = ({ x, y }, edge, at) => `M${x} ${y}V${at - 12}Q${x} ${at} ${x + 12} ${at}H${edge}`;

function node(other, { x, y, sign, anchor, room, choose }) {
  const made = svg(
    "g",
    { class: `node ${other.kind}`, role: "button", tabindex: "0", "aria-label": other.name },
    svg("title", {}, other.name),
    svg("rect", { x: sign > 0 ? x - 8 : x - room + 4, y: y - ROW / 2 + 1, width: room + 2, height: ROW - 2, rx: 7, class: "press" }),
    dot(other.kind, x, y),
    svg("text", { x: x + sign * 11, y: y + 4.5, "text-anchor": anchor }, cut(other.name, room - 14)),
  );
  const press = (event) => {
    event.preventDefault();
    choose(other.id);
  };
  made.addEventListener("click", press);
  made.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && press(event));
  return made;
}

const DRUGS = new Set(["substance", "preparation", "product"]);

// Kinds differ by shape, not by colour alone: medicines are round, diseases square, symptoms stand on a corner.
function dot(kind, x, y) {
  if (DRUGS.has(kind)) return svg("circle", { cx: x, cy: y, r: 5, class: "dot drug" });
  if (kind === "disease") return svg("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9, rx: 1.5, class: "dot disease" });
  if (kind === "symptom") return svg("path", { d: `M${x} ${y - 6}l6 6-6 6-6-6z`, class: "dot symptom" });
  return svg("circle", { cx: x, cy: y, r: 4, class: "dot other" });
}

function centre(entity, { x: at, y }, room, anchor) {
  const words = cut(entity.name, room - 12);
  const wide = Math.min(room, widthOf(words) + 26);
  const x = anchor === "start" ? at + wide / 2 : at;
  return svg(
    "g",
    { class: "centre" },
    svg("rect", { x: x - wide / 2, y: y - 17, width: wide, height: 34, rx: 17 }),
    svg("text", { x, y: y + 5, "text-anchor": "middle" }, words),
  );
}

const widthOf = (words) => [...words].reduce((sum, letter) => sum + (letter.codePointAt(0) > 0x2e80 ? LETTER : LETTER * 0.56), 0);

function cut(words, room) {
  if (widthOf(words) <= room) return words;
  let held = "";
  for (const letter of words) {
    if (widthOf(`${held}${letter}…`) > room) break;
    held += letter;
  }
  return `${held}…`;
}
