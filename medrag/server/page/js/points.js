// Spans count code points, as the library does; a string here counts UTF-16 units. 𠮷 and 😀 are one there and two here.

const ASTRAL = /[\ud800-\udbff][\udc00-\udfff]/;

export class Points {
  constructor(text) {
    this.text = text;
    this.places = null; // of each code point, in units; none are needed where both counts agree
    if (!ASTRAL.test(text)) return;
    this.places = [];
    for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xffff ? 2 : 1) this.places.push(at);
    this.places.push(text.length);
  }

  get length() {
    return this.places ? this.places.length - 1 : this.text.length;
  }

  unit(point) {
    const held = Math.max(0, Math.min(point, this.length));
    return this.places ? this.places[held] : held;
  }

  slice(start, end) {
    return this.text.slice(this.unit(start), this.unit(end));
  }
}

// How many code points a string has.
export const count = (text) => new Points(text).length;
