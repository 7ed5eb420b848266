// What differs between two sentences, word by word, so that a changed dose stands out alone.

const MOST = 4_000_000; // cells of a table; sentences that need more are compared whole

// The pieces of two sentences: [kind, text] for each side, kind "same" or "other".
export function wordDiff(left, right) {
  const sides = [[], []];
  const add = (side, kind, text) => {
    const last = sides[side][sides[side].length - 1];
    if (last && last[0] === kind) last[1] += text;
    else sides[side].push([kind, text]);
  };
  for (const [kind, text] of steps(words(left), words(right))) {
    if (kind !== "added") add(0, kind === "same" ? "same" : "other", text);
    if (kind !== "removed") add(1, kind === "same" ? "same" : "other", text);
  }
  return sides;
}

// Han letters one by one, numbers with their units and Latin words whole: 0.2g and 0.3g, 1片 and 2片 differ as a whole.
const words = (line) => line.match(/\d[\d.,]*\s?(?:[a-zA-Zμµ%]+|\p{Script=Han})?|[\p{Script=Latin}]+|\s+|[\s\S]/gu) || [];

// The longest common subsequence of two lists, as steps.
function steps(a, b) {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [...a.slice(0, head).map((one) => ["same", one]), ...middle, ...a.slice(a.length - tail).map((one) => ["same", one])];
}

function between(a, b) {
  if (!a.length || !b.length || a.length * b.length > MOST) return [...a.map((one) => ["removed", one]), ...b.map((one) => ["added", one])];
  const width = b.length + 1;
  const best = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      best[i * width + j] = a[i] === b[j] ? best[(i + 1) * width + j + 1] + 1 : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
    }
  }
  const found = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      found.push(["same", a[i]]);
      i += 1;
      j += 1;
    } else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) {
      found.push(["removed", a[i]]);
      i += 1;
    } else {
      found.push(["added", b[j]]);
      j += 1;
    }
  }
  return [...found, ...a.slice(i).map((one) => ["removed", one]), ...b.slice(j).map((one) => ["added", one])];
}
