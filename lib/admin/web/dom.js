// DOM helpers. Everything from the API is inserted as text, never as markup.

/** Creates an element. Function attributes are event listeners of that name; `children` are nodes or texts. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const byteUnits = ["B", "KB", "MB", "GB", "TB", "PB"];

export function bytes(count) {
  let unit = 0;
  let value = count ?? 0;
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${byteUnits[unit]}`;
}

export const rate = (perSecond) => `${bytes(perSecond)}/s`;
export const number = (value) => (value ?? 0).toLocaleString("en");

export function duration(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor((seconds % 86400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

export const ago = (unixSeconds) => `${duration(Math.max(0, Date.now() - unixSeconds * 1000))} ago`;

/** Shows a message, which screen readers announce too. */
export function say(text, isProblem = false) {
  const place = document.getElementById("said");
  place.replaceChildren(make("p", { class: isProblem ? "problem" : "" }, text));
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.replaceChildren(), 6000);
}

// Ignores clicks on interactive elements, and clicks that end a text selection.
function opens(row, place) {
  row.className = "opens";
  row.addEventListener("click", (event) => {
    if (!event.target.closest("a, button") && document.getSelection().isCollapsed) location.hash = place;
  });
}

/** Table whose rows are replaced without moving focus or scroll position. Columns: {name, of(row) -> text or node, right,
    by(row) -> number or text}: those with `by` have a button that sorts by it, numbers with the largest first. With
    `place(row)`, an address within the page, a click on a row goes there; a link in the row does so for keyboards. */
export class Table {
  constructor(caption, columns, nothing, place = null) {
    this.columns = columns;
    this.nothing = nothing;
    this.place = place;
    this.body = make("tbody");
    this.element = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      make("table", {},
        make("caption", { class: "hidden" }, caption),
        make("thead", {}, make("tr", {}, this.heads = columns.map((column) =>
          make("th", { scope: "col", class: column.right ? "right" : null }, column.by
            ? make("button", { type: "button", class: "sort", click: () => this.sort(column) }, column.name) : column.name)))),
        this.body));
    this.rows = new Map();
    this.sorted = null;  // {column, back}
    this.last = [[]];
  }

  /** Sorts by a column; a second call reverses the order. */
  sort(column) {
    this.sorted = { column, back: this.sorted?.column === column && !this.sorted.back };
    this.heads.forEach((head, i) => {
      if (this.columns[i] !== column) return head.removeAttribute("aria-sort");
      const falls = this.last[0].some((row) => typeof column.by(row) === "number") !== this.sorted.back;
      return head.setAttribute("aria-sort", falls ? "descending" : "ascending");
    });
    this.show(...this.last);
  }

  inOrder(items) {
    if (!this.sorted) return items;
    const { column, back } = this.sorted;
    const compare = (a, b) => (typeof a === "number" ? b - a : String(a).localeCompare(String(b)));
    return [...items].sort((a, b) => (back ? -1 : 1) * compare(column.by(a), column.by(b)));
  }

  /** `key` identifies rows; a row with unchanged content is kept, and so is the focus in it. */
  show(items, key) {
    this.last = [items, key];
    const seen = new Set();
    const rows = this.inOrder(items).map((item, at) => {
      const name = key ? key(item) : String(at);
      const cells = this.columns.map((column) => column.of(item));
      const mark = JSON.stringify(cells.map((cell) => (cell instanceof Node ? cell.outerHTML : cell)));
      seen.add(name);
      const old = this.rows.get(name);
      if (old?.mark === mark) return old.row;
      const row = make("tr", {}, cells.map((cell, i) => make("td", {
        class: this.columns[i].right ? "right" : null, "data-name": this.columns[i].name }, cell)));
      if (this.place) opens(row, this.place(item));
      this.rows.set(name, { row, mark });
      return row;
    });
    for (const name of this.rows.keys()) {
      if (!seen.has(name)) this.rows.delete(name);
    }
    const wanted = rows.length > 0 ? rows
      : [make("tr", { class: "nothing" }, make("td", { colspan: String(this.columns.length) }, this.nothing))];
    if (wanted.length !== this.body.children.length || wanted.some((row, i) => row !== this.body.children[i])) {
      this.body.replaceChildren(...wanted);
    }
  }
}

export function figure(name) {
  const value = make("strong", {}, "–");
  const more = make("small", {});
  return { element: make("div", { class: "figure" }, make("span", {}, name), value, more),
    show(text, detail = "") { value.textContent = text; more.textContent = detail; } };
}

export const card = (title, ...children) => make("section", { class: "card" }, make("h2", {}, title), ...children);
export const badge = (text, kind) => make("span", { class: `badge ${kind}` }, text);
/** Asks for confirmation of an action that cannot be undone. `more` is shown below the question. */
export function ask(question, action, ...more) {
  const dialog = make("dialog", { "aria-labelledby": "question", close: () => dialog.remove() },
    make("p", { id: "question" }, question), ...more,
    make("div", { class: "buttons" },
      make("button", { type: "button", click: () => dialog.close() }, "Cancel"),
      make("button", { type: "button", class: "danger", click: () => { dialog.close(); action(); } }, "Yes, do it")));
  document.body.append(dialog);
  dialog.showModal();
}
