// Pages of a client's dashboard.
import { ago, ask, badge, bytes, card, duration, figure, make, number, rate, say, Table } from "/dom.js";
import { get, post } from "/api.js";
import { certificates } from "/certificates.js";
import { Chart, Rates } from "/charts.js";
import { feed } from "/events.js";
import { encode, picture } from "/qr.js";

const states = { registered: "good", pending: "warn", refused: "bad", disabled: "off", closed: "off" };

// QR code of an address, for a phone. Its margin is light in both colour schemes, as readers need.
function showCode(url, code) {
  const dialog = make("dialog", { class: "code", "aria-labelledby": "address", close: () => dialog.remove() },
    picture(code, `QR code of ${url}`), make("p", { id: "address" }, make("code", {}, url)),
    make("div", { class: "buttons" }, make("button", { type: "button", click: () => dialog.close() }, "Close")));
  document.body.append(dialog);
  dialog.showModal();
}

// A URL that is too long for a QR code has no button; none is.
function address(url) {
  const code = encode(url);
  return make("span", {}, make("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, url), " ",
    code && make("button", { type: "button", class: "small", "aria-label": `QR code of ${url}`,
      click: () => showCode(url, code) }, "QR"));
}

// The servers with their names in the cluster: "a.example.com:7835 (a) and b.example.com:7835 (b)".
function serversOf(now) {
  const open = (now.servers ?? []).filter((each) => each.connections > 0);
  return open.length === 0 ? now.server
    : open.map((each) => (each.member ? `${each.address} (${each.member})` : each.address)).join(" and ");
}

export function overview() {
  const figures = { state: figure("Server"), trip: figure("Round trip"), visitors: figure("Visitors now"), up: figure("Up for") };
  const rates = new Rates();
  const traffic = new Chart("Bytes a second", ["from visitors", "to visitors"]);
  const ofService = new Map();
  const flip = (row) => make("button", { type: "button", class: "small",
    "aria-label": `Switch ${row.state === "disabled" ? "on" : "off"} ${row.name}`,
    click: async () => {
      const path = `/services/${encodeURIComponent(row.name)}`;
      await post(path, { enabled: row.state === "disabled" }).catch((problem) => say(problem.message, true));
    } }, row.state === "disabled" ? "Switch on" : "Switch off");
  const table = new Table("Services", [
    { name: "Service", of: (row) => make("b", {}, row.name) },
    { name: "State", of: (row) => make("span", {}, badge(row.state, states[row.state] ?? "off"), " ",
      make("small", {}, row.why ?? (row.disabled_by ? `by ${row.disabled_by}` : ""))) },
    { name: "Reachable at", of: (row) => (/^https?:/.test(row.endpoint)
      ? address(row.endpoint) : make("code", {}, row.endpoint || "–")) },
    { name: "Backend", of: (row) => make("code", {}, row.local) },
    { name: "In", right: true, of: (row) => rate(row.rates[0]) }, { name: "Out", right: true, of: (row) => rate(row.rates[1]) },
    { name: "Moved", right: true, of: (row) => bytes(row.bytes_received + row.bytes_sent) },
    { name: "", of: flip },
  ], "This client offers no service.");
  const visits = new Table("Visits", [
    { name: "Service", of: (row) => make("b", {}, row.name) }, { name: "At", of: (row) => make("code", {}, row.at) },
    { name: "Open", right: true, of: (row) => number(row.open) }, { name: "In all", right: true, of: (row) => number(row.opened) },
    { name: "Failed", right: true, of: (row) => number(row.failed) }, { name: "Last error", of: (row) => row.why ?? "" },
  ], "This client visits no private service.");
  const trunks = new Table("Connections to servers", [
    { name: "Connection", of: (row) => String(row.number) },
    { name: "Server", of: (row) => make("code", {}, row.server ?? "") },
    { name: "State", of: (row) => badge(row.open ? "open" : "down", row.open ? "good" : "bad") },
    { name: "Since", of: (row) => ago(row.since) }, { name: "Why", of: (row) => row.why ?? "" },
  ], "No connection yet.");
  const expiry = certificates();
  const visitsCard = card("Visits to private services", visits.element);
  const state = make("p", { class: "state" });
  const drain = make("button", { type: "button", class: "danger", click: () => ask(
    "Drain this client? Its services accept no new visitors. When the present ones have finished, the client stops.",
    async () => { await post("/drain"); say("The client is draining."); }) }, "Drain …");
  return {
    title: "Overview", every: 1000,
    element: make("div", { class: "page" }, make("div", { class: "title" }, make("h1", {}, "Overview"),
      make("div", { class: "buttons" }, drain)), state,
    make("div", { class: "figures" }, Object.values(figures).map((each) => each.element)),
    card("Services", table.element),
    make("div", { class: "columns" }, card("Traffic", traffic.element), card("Connections to servers", trunks.element)), visitsCard, expiry.element, feed()),
    end() { traffic.end(); },
    async refresh() {
      const now = await get("/status");
      state.textContent = now.not_ready ?? (now.draining ? "Draining." : "");
      drain.disabled = now.draining;
      figures.state.show(now.connected ? "connected" : "not connected", `${serversOf(now)}, ${now.connections} connections, ${now.losses} lost`);
      figures.trip.show(now.rtt_us > 0 ? `${(now.rtt_us / 1000).toFixed(1)} ms` : "–");
      figures.visitors.show(number(now.traffic.streams), `${number(now.traffic.streams_opened)} in all`);
      figures.up.show(duration(now.uptime_ms), now.name ? `as ${now.name}` : now.program);
      const moved = rates.of(now.uptime_ms, [now.traffic.bytes_received, now.traffic.bytes_sent]);
      if (moved) traffic.add(moved);
      for (const row of now.services) {
        if (!ofService.has(row.name)) ofService.set(row.name, new Rates());
        row.rates = ofService.get(row.name).of(now.uptime_ms, [row.bytes_received, row.bytes_sent]) ?? [0, 0];
      }
      table.show(now.services, (row) => row.name);
      trunks.show(now.trunks, (row) => String(row.number));
      visitsCard.hidden = now.visits.length === 0;
      visits.show(now.visits, (row) => row.name);
      expiry.show(now.certificates);
    },
  };
}
