// Form that edits a request and sends it again.
import { card, make, say } from "/dom.js";

const framing = /^(content-length|transfer-encoding)$/i;

export class Editor {
  /** `send` receives only the changed parts. */
  constructor(one, send) {
    const [method, target] = one.request.line.split(" ");
    const fields = one.request.fields.filter(([name]) => !framing.test(name));
    const before = { method, target, headers: fields.map((field) => field.join(": ")).join("\n"), body: one.request.body.text ?? "" };
    const input = (name, label, size) => make("input", { type: "text", name, "aria-label": label, size: String(size), value: before[name] });
    const area = (name, label, rows) => {
      const made = make("textarea", { name, "aria-label": label, rows: String(rows), spellcheck: "false" });
      made.value = before[name];
      return made;
    };
    const inputs = { method: input("method", "Method", 8), target: input("target", "Path and query", 50),
      headers: area("headers", "Header fields, one per line", 8), body: area("body", "Body", 8) };
    const edits = () => {
      const changed = {};
      for (const name of ["method", "target", "body"]) {
        if (inputs[name].value !== before[name]) changed[name] = inputs[name].value;
      }
      if (inputs.headers.value !== before.headers) changed.headers = Editor.headers(fields, inputs.headers.value);
      return changed;
    };
    this.element = make("section", { class: "card" }, make("h2", {}, "Edit and send"),
      make("form", { class: "edit", submit: async (event) => {
        event.preventDefault();
        try { await send(edits()); } catch (problem) { say(problem.message, true); }
      } }, make("div", { class: "buttons" }, inputs.method, inputs.target), inputs.headers, inputs.body,
      make("div", { class: "buttons" }, make("button", { type: "submit" }, "Send"))),
      make("p", { class: "quiet" }, "This client sends it directly to the backend. A mask (***) stands for the recorded value."));
  }

  /** The header fields of the lines; fields that were removed are null. */
  static headers(before, text) {
    const headers = {};
    for (const line of text.split("\n").filter((each) => each.trim() !== "")) {
      const colon = line.indexOf(":");
      if (colon < 1) throw new Error(`"${line}" is not a valid header field: expected a name, a colon and a value.`);
      const name = line.slice(0, colon).trim();
      headers[name] = headers[name] === undefined ? line.slice(colon + 1).trim() : `${headers[name]}, ${line.slice(colon + 1).trim()}`;
    }
    const has = (name) => Object.keys(headers).some((each) => each.toLowerCase() === name.toLowerCase());
    for (const [name] of before) if (!has(name)) headers[name] = null;
    for (const [name, value] of before) if (headers[name] === value) delete headers[name];
    return headers;
  }
}
