// Where the citation marks of an answer stand. The server says it (`marks`), else they are found as the library finds them
// in a quoted answer: the citations' own markers, letter for letter, longest first.

import { Points } from "/page/js/points.js";

export function placedMarks(answer, points) {
  const dangling = (answer.dangling || []).map((one) => ({
    start: points.unit(one.start), end: points.unit(one.end), markers: [], dangling: true,
  }));
  const markers = (answer.citations || []).map((citation) => citation.marker).filter(Boolean);
  const taken = dangling.map((one) => one.start);
  const found = [...exact(points.text, markers), ...joint(points.text, markers)].filter((one) => !taken.includes(one.start));
  const kept = [];
  for (const mark of [...found, ...dangling].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (!kept.length || mark.start >= kept[kept.length - 1].end) kept.push(mark);
  }
  return kept;
}

function exact(text, markers) {
  const found = [];
  for (const marker of [...new Set(markers)].sort((a, b) => b.length - a.length)) {
    for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + marker.length)) {
      found.push({ start: at, end: at + marker.length, markers: [marker], dangling: false });
    }
  }
  return found;
}

// [1,2] and [1-3], as models write them, where each number is a citation's.
function joint(text, markers) {
  const byNumber = new Map(markers.map((marker) => [marker.replace(/\D/g, ""), marker]));
  const found = [];
  for (const match of text.matchAll(/[[【［〔]\s*(\d{1,2}(?:\s*[,，、;；\-–~～]\s*\d{1,2})+)\s*[\]】］〕]/g)) {
    const numbers = match[1].split(/[,，、;；]/).flatMap(range);
    const held = numbers.map((number) => byNumber.get(String(number))).filter(Boolean);
    if (held.length === numbers.length) {
      found.push({ start: match.index, end: match.index + match[0].length, markers: held, dangling: false });
    }
  }
  return found;
}

function range(written) {
  const [first, last] = written.split(/[-–~～]/).map((number) => Number.parseInt(number, 10));
  if (!last || last <= first || last > first + 9) return [first];
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

// The number that a marker shows: [1] is 1, ⟦#2⟧ is 2.
export const shortMarker = (marker) => marker.replace(/[^\p{L}\p{N}]/gu, "") || marker;

export const points = (answer) => new Points(answer.answer || "");
