// Events of the program: server-sent events and the list of recent ones.
import { badge, card, make, number, Table } from "/dom.js";

const kept = 100;
const kinds = { connected: "good", joined: "good", registered: "good", took_over: "good", reloaded: "good", healthy: "good", resumed: "good", degraded: "warn", waiting: "warn", reconnecting: "warn",
  draining: "warn", kicked: "warn", replaced: "warn", gap: "warn", lost: "bad", refused: "bad", unhealthy: "bad", unregistered: "off", stopped: "off" };

const rows = []; // the newest first
const table = new Table("Events", [
  { name: "Time", of: (row) => (row.time_ms ? new Date(row.time_ms).toLocaleTimeString() : "") },
  { name: "Event", of: (row) => badge(row.kind, kinds[row.kind] ?? "off") },
  { name: "Client", of: (row) => row.client || row.peer || "" },
  { name: "Service", of: (row) => make("span", {}, row.service ?? "", row.endpoint ? " " : "",
    row.endpoint ? make("code", {}, row.endpoint) : null) },
  { name: "What", of: (row) => `${row.text || row.error || ""}${row.count > 1
    ? ` (${number(row.count)} times since ${new Date(row.first_ms).toLocaleTimeString()})` : ""}` },
], "Nothing has happened yet.");
const show = () => table.show(rows, (row) => row.id);
const element = card("Events", table.element);

function add(row) {
  const before = row.replaces ? rows.findIndex((one) => one.id === row.replaces) : -1;
  if (before >= 0) rows.splice(before, 1); // a repeated event replaces its earlier row
  rows.unshift(row);
  rows.length = Math.min(rows.length, kept);
}

/** The event list, shared by all pages. */
export function feed() {
  show();
  return element;
}

/** Follows events while the page is open. On reconnecting, the browser sends the id of the last event it received. */
export function follow(happened) {
  const source = new EventSource("/api/v1/events/stream");
  let gaps = 0;
  const take = (row) => {
    add(row);
    show();
    happened();
  };
  source.onmessage = (message) => take(JSON.parse(message.data));
  source.addEventListener("gap", (message) => take({ kind: "gap", id: `gap ${++gaps}`,
    text: `${JSON.parse(message.data).missed} events are not shown: they arrived too fast, or before this page was open.` }));
}
