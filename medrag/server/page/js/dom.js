// Elements made by hand. Text goes in as text alone: what labels and models write is data, never markup.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M6.5 6.5h11v11h-11z",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  more: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  key: "M8 19.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM11.300 11.700L19.500 3.500M15.500 7.500l3.500 3.500",
  sun: "M12 4V2M12 22v-2M4 12H2M22 12h-2M6.3 6.3L4.9 4.9M19.1 19.1l-1.4-1.4M6.3 17.7l-1.4 1.4M19.1 4.9l-1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0z",
  moon: "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z",
  plus: "M12 5v14M5 12h14",
  copy: "M9 9h10v11H9zM15 9V5H5v11h4",
  up: "M7 11v9H4v-9zM7 11l4-7a2 2 0 0 1 2 2v4h5.5a2 2 0 0 1 2 2.4l-1.3 6A2 2 0 0 1 17.200 20H7",
  bad: "M17 13V4h3v9zM17 13l-4 7a2 2 0 0 1-2-2v-4H5.500a2 2 0 0 1-2-2.400l1.300-6A2 2 0 0 1 6.800 4H17",
  trash: "M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13M10 11v5M14 11v5",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  search: "M16 16l5 5M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0z",
  upload: "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
  print: "M7 9V3h10v6M7 17H4v-7h16v7h-3M7 14h10v7H7z",
  alert: "M12 3.500L2.500 20h19zM12 10v4.500M12 17.300h.01",
  doctor: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.8-4 3.800-6 7.500-6s6.700 2 7.500 6",
  conflict: "M7 4v13M4 14l3 3 3-3M17 20V7M14 10l3-3 3 3",
  model: "M5 6h14v10H9l-4 4z",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.500M12 7.700h.01",
  shield: "M12 3l7.500 2.500v6c0 4.500-3 7.700-7.500 9.500-4.500-1.800-7.500-5-7.500-9.500v-6zM12 8.500v4M12 15.500h.01",
  // the verdicts: each has a shape of its own
  supported: "M5 12.500l4.500 4.500L19 7.500",
  partial: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  contradicted: "M7 7l10 10M17 7L7 17",
  unsupported: "M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 18h.01",
  uncited: "M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
  quoted: "M10 7H5v6h5zM10 13c0 2-1.500 3.500-4 4M19 7h-5v6h5zM19 13c0 2-1.500 3.500-4 4",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  svg.setAttribute("class", `icon icon-${name}`);
  path.setAttribute("d", ICONS[name] || ICONS.info);
  svg.append(path);
  return svg;
}

// An SVG element with attributes and children.
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// An element: `on` holds listeners, `data` data attributes, everything else is an attribute; false and null leave one out.
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, call] of Object.entries(value)) made.addEventListener(event, call);
    else if (name === "data") for (const [key, held] of Object.entries(value)) made.dataset[key] = held;
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// A button with a visible word, an icon, or both; `label` names one that shows an icon alone.
export function button({ text = "", label = "", sign = "", kind = "", press, ...rest }) {
  return el(
    "button",
    { type: "button", class: kind, "aria-label": label || null, title: label || null, on: { click: press }, ...rest },
    sign ? icon(sign) : null,
    text ? el("span", {}, text) : null,
  );
}

export function fill(holder, ...children) {
  holder.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return holder;
}

// Brings an element to a place in its own scrolling box, and never moves the page around it.
export function bring(made, box, share) {
  const to = made.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop - box.clientHeight * share;
  box.scrollTo({ top: Math.max(0, to), behavior: still() ? "auto" : "smooth" });
}

export const byId = (id) => document.getElementById(id);

export const narrow = () => window.matchMedia("(max-width: 860px)").matches;

export const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
