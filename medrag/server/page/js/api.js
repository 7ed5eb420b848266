// What the page asks of the server, and what went wrong in words that one can act on.

import { say } from "/page/js/words.js";

const KEY = "medrag.key";
let wanted = null; // called where the server asks for a key

export class Trouble extends Error {
  constructor(kind, words, { status = 0, why = "" } = {}) {
    super(words);
    this.kind = kind;
    this.status = status;
    this.why = why || words;
  }
}

export const key = {
  get: () => window.sessionStorage.getItem(KEY) || "",
  set: (value) => (value ? window.sessionStorage.setItem(KEY, value) : window.sessionStorage.removeItem(KEY)),
};

export function onKeyWanted(call) {
  wanted = call;
}

function headers(more) {
  const held = key.get();
  return { Accept: "application/json", ...(held ? { Authorization: `Bearer ${held}` } : {}), ...more };
}

async function told(response) {
  try {
    const body = await response.json();
    return { why: body?.error?.message || body?.detail || "", code: body?.error?.code || "", type: body?.error?.type || "" };
  } catch {
    return { why: "", code: "", type: "" };
  }
}

async function trouble(response) {
  const { status } = response;
  const { why, code, type } = await told(response);
  const facts = { status, why };
  if (status === 401) {
    if (wanted) wanted();
    return new Trouble("key", say("trouble.key"), facts);
  }
  if (status === 403) return new Trouble("role", say("trouble.role"), facts);
  if (status === 404 || status === 410) return new Trouble("missing", say("trouble.missing", { why }), facts);
  if (status === 429) {
    const seconds = Number.parseInt(response.headers.get("Retry-After") || "", 10);
    return new Trouble("limit", Number.isFinite(seconds) ? say("trouble.limit", { seconds }) : say("trouble.limit.plain"), facts);
  }
  if (status >= 500) {
    const model = [502, 504].includes(status) || /model|llm|generation/i.test(`${code} ${type}`);
    return new Trouble(model ? "model" : "server", model ? say("trouble.model") : say("trouble.server", { why: why || status }), facts);
  }
  return new Trouble("bad", say("trouble.bad", { why: why || status }), facts);
}

async function fetched(path, options) {
  let response;
  try {
    response = await window.fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("gone", say("trouble.gone"));
  }
  if (!response.ok) throw await trouble(response);
  return response;
}

// The JSON of an answer to a request; `body` goes as JSON, `form` as it is.
export async function call(method, path, { body = null, form = null, signal = null } = {}) {
  const response = await fetched(path, {
    method,
    signal,
    headers: headers(body ? { "Content-Type": "application/json" } : {}),
    body: body ? JSON.stringify(body) : form,
  });
  const text = await response.text();
  if (!text) return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Trouble("server", say("trouble.server", { why: path }));
  }
}

// Server-sent events, one {event, data} at a time, before them an "open" with the request's id. EventSource cannot send a key, so the stream is read by hand.
export async function* events(method, path, { body = null, signal = null } = {}) {
  const response = await fetched(path, {
    method,
    signal,
    headers: headers({ Accept: "text/event-stream", ...(body ? { "Content-Type": "application/json" } : {}) }),
    body: body ? JSON.stringify(body) : null,
  });
  yield { event: "open", data: { request: response.headers.get("X-Request-Id") || "" } };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      held += done ? decoder.decode() : decoder.decode(value, { stream: true });
      held = held.replace(/\r\n/g, "\n");
      let end;
      while ((end = held.indexOf("\n\n")) >= 0) {
        const event = parsed(held.slice(0, end));
        held = held.slice(end + 2);
        if (event) yield event;
      }
      if (done) return;
    }
  } catch (error) {
    if (error.name === "AbortError" || error instanceof Trouble) throw error;
    throw new Trouble("cut", say("trouble.cut"));
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
  if (!data.length || data[0] === "[DONE]") return null;
  try {
    return { event, data: JSON.parse(data.join("\n")) };
  } catch {
    return null;
  }
}

let model = ""; // the assistant that is asked; "" is the server's first

export const chosen = { get: () => model, set: (name) => { model = name || ""; } };

// An address with its query; the assistant is named where one was chosen.
export function address(path, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  if (model) asked.set("model", model);
  const written = asked.toString();
  return written ? `${path}?${written}` : path;
}

export const documentAt = (document, query = {}, ending = "") =>
  address(`/v1/documents/${encodeURIComponent(document.source)}/${encodeURIComponent(document.key)}${ending}`, query);

export const sessionAt = (id, ending = "") => address(`/v1/sessions/${encodeURIComponent(id)}${ending}`);
