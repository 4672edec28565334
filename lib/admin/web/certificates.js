// The certificates that a program shows to others, and when they expire.
import { badge, card, duration, make, Table } from "/dom.js";

const uses = { tunnel: "Tunnel connections", visitors: "Visitors", dashboard: "Dashboard", client: "Login", backend: "Backends" };
const soon = 30 * 86400;

export function certificates() {
  const left = (row) => row.expires - Date.now() / 1000;
  const table = new Table("Certificates", [
    { name: "Name", of: (row) => make("b", {}, row.name || "–") }, { name: "For", of: (row) => uses[row.use] ?? row.use },
    { name: "Expires", of: (row) => (left(row) <= 0 ? badge("expired", "bad")
      : make("span", {}, `in ${duration(left(row) * 1000)} `, left(row) < soon ? badge("soon", "warn") : "")) },
    { name: "File", of: (row) => make("code", {}, row.file ?? "made by the program") },
  ], "No certificate is used.");
  const element = card("Certificates, the first to expire", table.element);
  element.hidden = true;
  return {
    element,
    show(rows) {
      element.hidden = rows.length === 0;
      table.show(rows.slice(0, 10), (row) => `${row.use} ${row.name} ${row.file}`);
    },
  };
}
