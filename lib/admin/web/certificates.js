// The certificates that a program shows to others, and when they expire; names that get none from CAs.
import { badge, card, duration, make, Table } from "/dom.js";

const uses = { tunnel: "Tunnel connections", visitors: "Visitors", dashboard: "Dashboard", authority: "Own CA", client: "Login", backend: "Backends" };
// A CA of its own has to be trusted again everywhere.
const soon = (use) => (use === "authority" ? 60 : 30) * 86400;

export function certificates() {
  const left = (row) => row.expires - Date.now() / 1000;
  const table = new Table("Certificates", [
    { name: "Name", of: (row) => make("b", {}, row.name || "–") }, { name: "For", of: (row) => uses[row.use] ?? row.use },
    { name: "Expires", of: (row) => (left(row) <= 0 ? badge("expired", "bad")
      : make("span", {}, `in ${duration(left(row) * 1000)} `, left(row) < soon(row.use) ? badge("soon", "warn") : "")) },
    { name: "File", of: (row) => make("code", {}, row.file ?? "made by the program") },
  ], "No certificate is used.");
  const ordered = make("p");
  const problems = new Table("Names without a new certificate", [
    { name: "Name", of: (row) => make("b", {}, row.name) }, { name: "Problem", of: (row) => row.problem },
    { name: "Next attempt", of: (row) => (row.next ? `in ${duration(Math.max(0, row.next * 1000 - Date.now()))}` : "–") },
  ], "No order has failed.");
  const element = card("Certificates, the first to expire", table.element, ordered, problems.element);
  element.hidden = true;
  return {
    element,
    show(rows, acme = null) {
      element.hidden = rows.length === 0 && acme === null;
      ordered.hidden = acme === null;
      problems.element.hidden = (acme?.problems ?? []).length === 0;
      if (acme !== null) {
        ordered.textContent = `From CAs: ${acme.valid} valid, ${acme.ordering} being ordered, ${acme.waiting} waiting.`;
        problems.show(acme.problems, (row) => row.name);
      }
      table.show(rows.slice(0, 10), (row) => `${row.use} ${row.name} ${row.file}`);
    },
  };
}
