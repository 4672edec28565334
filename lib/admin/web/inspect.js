// Inspector of a client: the list of exchanges, one in full, two compared, and requests sent again.
import { badge, bytes, card, make, number, say, Table } from "/dom.js";
import { get, post, remove } from "/api.js";
import { Editor } from "/replay.js";

const states = { complete: "good", under_way: "warn", visitor_left: "warn", backend_left: "bad", not_http: "off", lost: "bad" };
const stateNames = { under_way: "under way", visitor_left: "visitor has left", backend_left: "backend has left", not_http: "not HTTP",
  lost: "backend not reached" };
const filter = { text: "", method: "", status: "", service: "" }; // kept while another page is shown

const milliseconds = (value) => (value === undefined ? "" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);
const kindOf = (status) => (status >= 500 ? "bad" : status >= 400 ? "warn" : status > 0 ? "good" : "off");
const statusOf = (row) => (row.kind === "connection" ? badge("TCP", "off") : badge(row.status || "–", kindOf(row.status)));
const stateOf = (row) => (row.state === "complete" ? null : make("span", {}, badge(stateNames[row.state] ?? row.state, states[row.state] ?? "off"),
  row.why ? ` ${row.why}` : ""));

function query() {
  const asked = new URLSearchParams({ limit: "100" });
  for (const [name, value] of Object.entries(filter)) if (value !== "") asked.set(name, value);
  return `?${asked}`;
}

function pretty(body, type) {
  if (body.dropped) return `(${number(body.bytes)} bytes, not kept)`;
  if (body.base64 !== undefined) return `(${number(body.bytes)} bytes that are not text)`;
  let text = body.text;
  if (/[/+]json\b/.test(type)) {
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* it stays as it came */ }
  }
  return body.cut ? `${text}\n(… of ${number(body.bytes)} bytes)` : text;
}

const valueOf = (half, name) => half.fields.find((field) => field[0].toLowerCase() === name)?.[1] ?? "";
const text = (label, ...lines) => make("pre", { class: "text", tabindex: "0", "aria-label": label }, ...lines);

function half(one, name, title) {
  const part = one[name];
  if (!part) return card(title, make("p", { class: "quiet" }, "Not received."));
  const body = part.body;
  return card(title, text(`Head of the ${title.toLowerCase()}`, make("b", {}, part.line), ...part.fields.map((field) => `\n${field[0]}: ${field[1]}`)),
    body.bytes === 0 ? null : text(`Body of the ${title.toLowerCase()}`, pretty(body, valueOf(part, "content-type"))),
    body.bytes === 0 ? null : make("p", { class: "quiet" }, `${bytes(body.bytes)}${part.masked || body.masked ? ", secrets are masked" : ""} · `,
      make("a", { href: `/api/v1/exchanges/${one.id}/${name}/body`, download: `${name}-${one.id}` }, "save the body")));
}

function messages(one) {
  const table = new Table("Messages", [
    { name: "After", right: true, of: (row) => milliseconds(row.ms) },
    { name: "From", of: (row) => row.from }, { name: "Kind", of: (row) => row.kind },
    { name: "Bytes", right: true, of: (row) => number(row.bytes) },
    { name: "Text", of: (row) => make("code", {}, row.compressed ? "(compressed)" : row.text ?? "") }], "None so far.");
  table.show(one.messages);
  return card(`Messages${one.messages_left_off > 0 ? ` (${number(one.messages_left_off)} older ones not kept)` : ""}`, table.element);
}

function differences(found) {
  const lines = (part, name) => [
    ...(part.line ? [`-${part.line[0]}`, `+${part.line[1]}`] : []),
    ...part.fields.flatMap((field) => [field.a && `-${field.name}: ${field.a}`, field.b && `+${field.name}: ${field.b}`].filter(Boolean)),
    ...part.body];
  const shown = (part, name) => {
    const all = lines(part, name);
    return card(name, all.length === 0 ? make("p", { class: "quiet" }, "No differences.") : make("pre", { class: "text diff", tabindex: "0", "aria-label": `Differences: ${name}` },
      ...all.map((line) => make("span", { class: line[0] === "-" ? "minus" : line[0] === "+" ? "plus" : "" }, `${line}\n`))));
  };
  return make("div", { class: "columns" }, shown(found.request, "Request"), shown(found.answer, "Response"));
}

const placeOf = (id) => `#exchange/${id}`;
const labelOf = (row) => `#${row.id} ${row.method} ${row.target.length > 60 ? `${row.target.slice(0, 60)}…` : row.target} ${row.status || "–"}`;

// The arrow keys move between rows.
function walk(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const link = step && event.target.closest("a") && event.target.closest("tr")?.[step]?.querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}

export function inspector() {
  let chosen = null; // id of the exchange that is shown
  let other = null; // id of the exchange it is compared with
  let awaited = null; // id of an exchange that was sent again and may not be recorded yet
  let left = null; // exchange whose row gets the focus when its details close
  let mark = ""; // state that is shown, so that a refresh without changes does nothing
  let isGone = false;
  let rows = [];
  let below = make("div", { class: "other" }); // a comparison, a command or a form for the exchange
  let offer = () => {}; // updates the exchanges it can be compared with
  const detail = make("div", { class: "page detail" });
  const find = (name, label, width) => make("input", { type: "search", "aria-label": label, placeholder: label, size: String(width),
    value: filter[name], input: (event) => { filter[name] = event.target.value.trim(); refresh(); } });
  const table = new Table("Exchanges", [
    { name: "#", right: true, of: (row) => make("a", { href: placeOf(row.id), "aria-current": row.id === chosen ? "true" : null,
      "aria-label": `Show exchange ${row.id}` }, String(row.id)) },
    { name: "Time", of: (row) => new Date(row.began_ms).toLocaleTimeString() },
    { name: "Status", of: statusOf },
    { name: "Request", of: (row) => (row.kind === "connection" ? make("code", { class: "target" }, `${row.service} from ${row.visitor}`)
      : make("span", {}, make("b", {}, row.method), " ", make("code", { class: "target", title: row.target }, row.target))) },
    { name: "Took", right: true, of: (row) => milliseconds(row.end_ms) },
    { name: "Size", right: true, of: (row) => bytes(row.from_backend ?? row.answer_bytes) },
    { name: "", of: (row) => make("span", {}, stateOf(row), row.replay_of ? ` again: ${row.replay_of}` : "") },
  ], "No matching exchanges yet.", (row) => placeOf(row.id));
  table.element.addEventListener("keydown", walk);
  const clear = make("button", { type: "button", class: "danger", click: async () => {
    await remove("/exchanges").catch((problem) => say(problem.message, true));
    location.hash = "#inspector";
    await refresh();
  } }, "Clear all");
  const off = make("p", { class: "state" });
  const held = make("small", {});

  // The address selects what is shown: nothing, an exchange, or a comparison of two.
  function go([id, word, with_]) {
    const wanted = /^[1-9]\d*$/.test(id ?? "") ? Number(id) : null;
    other = wanted !== null && word === "compare" && /^[1-9]\d*$/.test(with_ ?? "") ? Number(with_) : null;
    if (wanted !== chosen) {
      left = wanted === null ? chosen : null;
      detail.replaceChildren();
      below = make("div", { class: "other" });
    }
    if (other === null) below.replaceChildren();
    chosen = wanted;
    mark = "";
    isGone = false;
    return chosen === null ? undefined : `Exchange ${chosen}`;
  }
  async function compare() {
    const place = below;
    try {
      place.replaceChildren(differences(await get(`/exchanges/${chosen}/diff/${other}`)));
    } catch (problem) { say(problem.message, true); }
  }
  async function command(one) {
    try {
      const answer = await get(`/exchanges/${one.id}/curl`);
      below.replaceChildren(card("For a shell", text("curl command", answer.curl),
        make("p", { class: "quiet" }, answer.masked ? "Secrets are masked: replace each *** with its secret." : "")));
      await navigator.clipboard.writeText(answer.curl);
      say("Copied.");
    } catch (problem) { if (problem.status) say(problem.message, true); }
  }
  const again = async (id, edits) => {
    const sent = await post(`/exchanges/${id}/replay`, edits);
    say(`Sent again, as exchange ${sent.id}.`);
    awaited = sent.id;
    location.hash = placeOf(sent.id);
  };

  // Any exchange of the list can be chosen; the default is the one that this repeats, or the one before it.
  function comparison(one) {
    const select = make("select", { id: "compare" });
    const button = make("button", { type: "submit" }, "Compare");
    let offered = null;
    offer = () => {
      const fitting = rows.filter((row) => row.kind !== "connection" && row.id !== one.id);
      const labels = fitting.map(labelOf);
      if (document.activeElement === select || labels.join("\n") === offered) return;
      const usual = other ?? one.replay_of ?? (fitting.find((row) => row.id < one.id) ?? fitting[0])?.id;
      const value = Number(select.value) || usual;
      offered = labels.join("\n");
      select.replaceChildren(...fitting.map((row, i) => make("option", { value: row.id }, labels[i])));
      if (value && !fitting.some((row) => row.id === value)) select.prepend(make("option", { value }, `#${value}`));
      if (value) select.value = String(value);
      button.disabled = select.options.length === 0;
    };
    offer();
    return make("form", { class: "buttons", submit: (event) => {
      event.preventDefault();
      const place = `${placeOf(one.id)}/compare/${select.value}`;
      if (location.hash === place) compare();
      else location.hash = place;
    } }, make("label", { for: "compare" }, "Compare with"), select, button);
  }

  function showOne(one) {
    const title = make("h2", { tabindex: "-1" }, `Exchange ${one.id}`);
    const facts = make("p", { class: "quiet" }, [one.url, `from ${one.visitor || "an unknown address"}`, `to ${one.service} (${one.backend})`,
      one.first_byte_ms !== undefined && `first byte after ${milliseconds(one.first_byte_ms)}`,
      one.end_ms !== undefined && `end after ${milliseconds(one.end_ms)}`, one.state === "lost" ? `backend not reached: ${one.why ?? ""}` : one.why].filter(Boolean).join(" · "));
    if (one.kind === "connection") {
      detail.replaceChildren(card("", title, facts, make("p", {}, `${bytes(one.to_backend)} to the backend, ${bytes(one.from_backend)} from it `, stateOf(one))));
      return;
    }
    const problem = (error) => say(error.message, true);
    const buttons = make("div", { class: "buttons" },
      make("button", { type: "button", click: () => again(one.id, {}).catch(problem) }, "Send again"),
      make("button", { type: "button", click: () => below.replaceChildren(new Editor(one, (edits) => again(one.id, edits)).element) }, "Edit and send …"),
      make("button", { type: "button", click: () => command(one) }, "Copy as curl"), comparison(one));
    detail.replaceChildren(make("section", { class: "card" }, title, facts, buttons), below,
      make("div", { class: "columns" }, half(one, "request", "Request"), half(one, "answer", "Response")),
      ...(one.messages ? [messages(one)] : []));
  }

  // An exchange that was dropped meanwhile stays visible.
  function showGone(problem) {
    if (problem.status !== 404) throw problem;
    if (isGone || chosen === awaited) return;
    isGone = true;
    if (mark !== "") say(problem.message, true);
    else detail.replaceChildren(card("", make("h2", { tabindex: "-1" }, `Exchange ${chosen}`), make("p", {}, problem.message)));
  }

  async function refreshDetail() {
    const id = chosen;
    const one = await get(`/exchanges/${id}`).catch(showGone);
    if (!one || id !== chosen) return;
    awaited = null;
    const now = JSON.stringify([one.state, one.request, one.answer, one.messages?.length, one.messages_left_off, one.to_backend, one.from_backend]);
    if (now === mark) {
      offer();
      return;
    }
    const isNew = mark === "";
    mark = now;
    showOne(one);
    if (other !== null) await compare();
    if (isNew) detail.querySelector("h2").focus();
  }

  async function refresh() {
    const asked = query();
    let found;
    try {
      found = await get(`/exchanges${asked}`);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      off.textContent = problem.message; // recording is off
      return;
    }
    if (asked !== query()) return; // the filter has changed; its own answer follows
    off.textContent = "";
    held.textContent = `${bytes(found.bytes)} kept${found.passed_over > 0 ? `, ${found.passed_over} arrived too fast to be recorded` : ""}`;
    rows = found.exchanges;
    table.show(rows, (row) => String(row.id));
    if (chosen !== null) await refreshDetail();
    else if (left !== null) table.element.querySelector(`a[href="${placeOf(left)}"]`)?.focus();
    left = null;
  }
  return {
    title: "Inspector", every: 1000, refresh, go,
    element: make("div", { class: "page" }, make("div", { class: "title" }, make("h1", {}, "Inspector"), make("div", { class: "buttons" }, held,
      make("a", { class: "button", href: "/api/v1/exchanges.har?limit=10000", download: "ferrotunnel.har" }, "Save as HAR"), clear)), off,
      card("Exchanges", make("div", { class: "find" }, find("text", "Find text", 24), find("method", "Method", 8), find("status", "Status, like 5xx", 14),
        find("service", "Service", 14)), make("div", { class: "list" }, table.element)), detail),
  };
}
