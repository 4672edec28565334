// Pages of a server's dashboard.
import { ago, ask, badge, bytes, card, duration, figure, make, number, rate, say, Table } from "/dom.js";
import { get, post } from "/api.js";
import { certificates } from "/certificates.js";
import { Chart, Rates } from "/charts.js";
import { feed } from "/events.js";

export function overview() {
  const figures = { clients: figure("Clients"), services: figure("Services"), visitors: figure("Visitors now"),
    requests: figure("Requests"), up: figure("Up for") };
  const rates = new Rates();
  const requestRates = new Rates();
  const traffic = new Chart("Bytes a second", ["from services", "to services"]);
  const requests = new Chart("Requests per second", ["requests", "rejected"], (value) => value.toFixed(value < 10 ? 1 : 0));
  const refusals = new Table("Rejections by cause", [
    { name: "Cause", of: (row) => row.cause }, { name: "Since the start", right: true, of: (row) => number(row.count) }],
    "Nothing was rejected.");
  const places = new Table("Listen addresses", [
    { name: "For", of: (row) => row[0] }, { name: "Address", of: (row) => make("code", {}, row[1]) }], "No listen addresses.");
  const expiry = certificates();
  const members = new Table("Members of the cluster", [
    { name: "Member", of: (row) => make("b", {}, row.name) }, { name: "Address", of: (row) => make("code", {}, row.address) },
    { name: "State", of: (row) => make("span", {}, row.linked ? "linked " : badge("not linked", "bad"), " ",
      make("small", {}, row.linked ? ago(row.since) : row.problem ?? "")) },
    { name: "Names", right: true, of: (row) => number(row.names) }, { name: "Visitors", right: true, of: (row) => number(row.streams) },
    { name: "Forwarded", right: true, of: (row) => number(row.forwarded) },
    { name: "Round trip", right: true, of: (row) => (row.rtt_us > 0 ? `${(row.rtt_us / 1000).toFixed(1)} ms` : "–") },
    { name: "", of: (row) => make("button", { type: "button", class: "small", "aria-label": `Drain ${row.name}`, click: () => ask(
      `Drain the server ${row.name}? Its clients move to other servers. When its visitors have finished, it stops.`,
      () => post(`/cluster/members/${encodeURIComponent(row.name)}/drain`).then(
        () => say(`The server ${row.name} is draining.`), (problem) => say(problem.message, true))) }, "Drain …") },
  ], "No other members.");
  const cluster = card("Cluster", members.element);
  cluster.hidden = true;
  const state = make("p", { class: "state" });
  const drain = make("button", { type: "button", class: "danger", click: () => ask(
    "Drain this server? It accepts no new visitors. When the present ones have finished, it stops.",
    async () => { await post("/drain"); say("The server is draining."); }) }, "Drain …");
  const reload = make("button", { type: "button", click: async () => {
    const done = await post("/reload").catch((problem) => { say(problem.message, true); return null; });
    if (done) say(done.applied.length > 0 ? `Applied: ${done.applied.join(", ")}` : "Nothing has changed.");
  } }, "Reload the file");
  const element = make("div", { class: "page" },
    make("div", { class: "title" }, make("h1", {}, "Overview"), make("div", { class: "buttons" }, reload, drain)),
    state, make("div", { class: "figures" }, Object.values(figures).map((each) => each.element)),
    make("div", { class: "columns" }, card("Traffic", traffic.element), card("Web requests", requests.element)),
    make("div", { class: "columns" }, card("Rejected, by cause", refusals.element), card("Listen addresses", places.element)),
    cluster, expiry.element, feed());
  return {
    title: "Overview", element, every: 1000,
    end() { traffic.end(); requests.end(); },
    async refresh() {
      const now = await get("/status");
      state.textContent = now.not_ready ?? (now.draining ? "Draining." : "");
      drain.disabled = now.draining;
      figures.clients.show(number(now.clients), `${number(now.connections)} connections`);
      figures.services.show(number(now.services));
      figures.visitors.show(number(now.traffic.streams), `${number(now.traffic.streams_opened)} in all`);
      figures.requests.show(number(now.http.requests), `${number(now.http.connections_now)} connections now`);
      figures.up.show(duration(now.uptime_ms), now.program);
      const moved = rates.of(now.uptime_ms, [now.traffic.bytes_received, now.traffic.bytes_sent]);
      if (moved) traffic.add(moved);
      const asked = requestRates.of(now.uptime_ms, [now.http.requests, now.http.requests_refused]);
      if (asked) requests.add(asked);
      refusals.show([
        { cause: "Login without a valid token", count: now.logins_refused },
        { cause: "Visitor connection: limit", count: now.http.connections_refused },
        { cause: "Invalid request", count: now.http.requests_refused },
        { cause: "Visitor TLS handshake", count: now.http.handshakes_failed },
        { cause: "Stream: limit or backend", count: now.traffic.streams_refused },
        { cause: "Datagram dropped", count: Object.entries(now.datagrams)
          .filter(([name]) => name.startsWith("dropped") || name === "unreachable").reduce((sum, [, count]) => sum + count, 0) },
      ].filter((row) => row.count > 0), (row) => row.cause);
      places.show(Object.entries(now.endpoints).filter(([, at]) => at !== ""), (row) => row[0]);
      expiry.show(now.certificates, now.acme ?? null);
      cluster.hidden = !now.cluster;
      members.show(now.cluster?.members ?? [], (row) => row.name);
    },
  };
}

const keepOutTimes = [["", "no time: it may reconnect at once"], ["60", "1 minute"], ["600", "10 minutes"], ["3600", "1 hour"],
  ["86400", "1 day"], ["604800", "1 week"], ["2592000", "30 days"]];

export function clients() {
  const nameOf = (row) => row.name || `client ${row.id}`;
  const calledBy = (row) => (row.id === 0 ? row.name : row.id);
  const send = (body, text) => post("/kick", body).then(() => say(text), (problem) => say(problem.message, true)).then(() => page.refresh().catch(() => {}));
  const kick = (row) => make("button", { type: "button", class: "small", "aria-label": `Kick ${row.name || row.id}`, click: () => {
    const time = make("select", {}, keepOutTimes.map(([seconds, text]) => make("option", { value: seconds }, text)));
    ask(`Disconnect ${nameOf(row)}?`, () => (time.value === ""
      ? send({ client: row.id }, `${nameOf(row)} was disconnected.`)
      : send({ client: row.id, seconds: Number(time.value) }, `${nameOf(row)} was disconnected and is kept out for ${time.selectedOptions[0].text}.`)),
    make("label", {}, "Keep it out for", time));
  } }, "Kick …");
  // A time of one second replaces the present one and then expires.
  const letIn = (row) => make("button", { type: "button", class: "small", "aria-label": `Let ${nameOf(row)} in`,
    click: () => send({ client: calledBy(row), seconds: 1 }, `${nameOf(row)} may come back.`) }, "Let in");
  const client = { name: "Client", of: (row) => make("span", {}, make("b", {}, row.name || "(no name)"), " ", make("small", {}, `#${row.id}`)) };
  const table = new Table("Clients", [
    client,
    { name: "Token", of: (row) => row.token }, { name: "From", of: (row) => make("code", {}, row.address) },
    { name: "Version", of: (row) => row.agent },
    { name: "Connected", of: (row) => ago(row.since) },
    { name: "Connections", right: true, of: (row) => number(row.connections) },
    { name: "Services", of: (row) => row.services.map((service) => service.name).join(", ") || "–" },
    { name: "Visitors", right: true, of: (row) => number(row.services.reduce((sum, service) => sum + service.streams, 0)) },
    { name: "", of: kick },
  ], "No client is connected.");
  const out = new Table("Clients that are kept out", [
    client, { name: "Token", of: (row) => row.token }, { name: "Time left", right: true, of: (row) => duration(row.seconds * 1000) },
    { name: "", of: letIn },
  ], "No client is kept out.");
  const outCard = card("Kept out", out.element);
  const page = {
    title: "Clients", every: 2000,
    element: make("div", { class: "page" }, make("h1", {}, "Clients"), card("Connected now", table.element), outCard),
    async refresh() {
      const now = await get("/status");
      table.show(now.tunnels, (row) => String(row.id));
      outCard.hidden = now.kept_out.length === 0;
      out.show(now.kept_out, (row) => `${row.id} ${row.token} ${row.name}`);
    },
  };
  outCard.hidden = true;
  return page;
}

export function services() {
  const find = make("input", { type: "search", id: "find", placeholder: "name, address, client …", input: () => show() });
  const all = new Map();
  let rows = [];
  const visitors = (row) => (row.member ? row.member.visitors_now : row.streams);
  const moved = (row) => row.bytes_received + row.bytes_sent;
  const table = new Table("Services", [
    { name: "Service", of: (row) => make("b", {}, row.name), by: (row) => row.name },
    { name: "Reachable at", of: (row) => (row.endpoint.startsWith("http")
      ? make("a", { href: row.endpoint, rel: "noreferrer noopener", target: "_blank" }, row.endpoint) : make("code", {}, row.endpoint || "–")) },
    { name: "Client", of: (row) => row.client || `#${row.client_id}` }, { name: "Token", of: (row) => row.token },
    { name: "Visitors", right: true, of: (row) => number(visitors(row)), by: visitors },
    { name: "Group", of: (row) => (row.member ? make("span", {}, row.member.group, " ",
      make("small", {}, `${number(row.member.visitors)} in all`), " ", row.member.state === "takes_visitors" ? ""
        : badge(row.member.state, row.member.state === "ejected" || row.member.state === "unhealthy" ? "bad" : "warn")) : "–") },
    { name: "Requests", right: true, of: (row) => number(row.requests), by: (row) => row.requests },
    { name: "Requests/s", right: true, of: (row) => row.rates[2].toFixed(row.rates[2] < 10 ? 1 : 0), by: (row) => row.rates[2] },
    { name: "From service", right: true, of: (row) => rate(row.rates[0]), by: (row) => row.rates[0] },
    { name: "To service", right: true, of: (row) => rate(row.rates[1]), by: (row) => row.rates[1] },
    { name: "Bytes", right: true, of: (row) => bytes(moved(row)), by: moved },
    { name: "Top visitors", of: (row) => (row.top_visitors.length === 0 ? "–" : make("span", {}, row.top_visitors.slice(0, 3).map(
      (one) => make("div", {}, make("code", {}, one.address), " ", make("small", {}, `${number(one.visits)} visits, ${bytes(one.bytes)}`))))) },
  ], "No service is registered.");
  const elsewhere = new Table("Names at other servers", [
    { name: "Name", of: (row) => make("b", {}, row.name), by: (row) => row.name }, { name: "Kind", of: (row) => row.kind },
    { name: "Server", of: (row) => row.member, by: (row) => row.member },
    { name: "State", of: (row) => (row.state === "ready" ? "ready" : badge(row.state, "warn")) },
  ], "No names at other servers.");
  const others = card("At other servers of the cluster", elsewhere.element);
  others.hidden = true;
  let turn = 0;
  // The first page, every ten seconds: it is for a look, and `ferrotunnel services --all` has all of them.
  const showOthers = async (count) => {
    others.hidden = !(count > 0);
    if (others.hidden || turn++ % 10 !== 0) return;
    const [own, page] = await Promise.all([get("/cluster"), get("/cluster/names")]);
    elsewhere.show(page.names.filter((row) => row.member !== own.member).slice(0, 200),
      (row) => `${row.member} ${row.kind} ${row.name}`);
  };
  const key = (row) => `${row.client_id} ${row.name} ${row.endpoint}`;
  const show = () => {
    const wanted = find.value.toLowerCase();
    table.show(rows.filter((row) => `${row.name} ${row.endpoint} ${row.client} ${row.token}`.toLowerCase().includes(wanted)), key);
  };
  return {
    title: "Services", every: 1000,
    element: make("div", { class: "page" }, make("h1", {}, "Services"),
      card("Reachable now", make("label", { class: "find", for: "find" }, "Find ", find), table.element), others),
    async refresh() {
      const list = await get("/services");
      rows = list.services;
      const now = performance.now();
      for (const row of rows) {
        if (!all.has(key(row))) all.set(key(row), new Rates());
        row.rates = all.get(key(row)).of(now, [row.bytes_received, row.bytes_sent, row.visits]) ?? [0, 0, 0];
      }
      show();
      await showOthers(list.elsewhere);
    },
  };
}

export function tokens() {
  const rights = (row) => Object.entries({ ...row.rights, ...row.quotas })
    .filter(([name]) => !["expires", "expired"].includes(name))
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${typeof value === "object" && !Array.isArray(value)
      ? Object.entries(value).map((part) => part.join(" ")).join(", ") : [value].flat().join(", ")}`).join("; ") || "the defaults of every token";
  const used = (secret) => (secret?.last_used ? `${ago(secret.last_used)} from ${secret.from}` : "not since the start");
  const table = new Table("Tokens", [
    { name: "Token", of: (row) => make("span", {}, make("b", {}, row.name), " ", row.weak ? badge("weak", "warn") : "",
      row.revoked ? badge(`revoked at ${row.revoked.member}`, "bad") : "",
      row.rights.expired ? badge("expired", "bad") : "") },
    { name: "May", of: rights },
    { name: "Last used", of: (row) => used(row.secrets.secret) + (row.second_secret ? `; second secret: ${used(row.secrets.also)}` : "") },
    { name: "Expires", of: (row) => (row.rights.expires ? new Date(row.rights.expires * 1000).toLocaleDateString() : "never") },
    { name: "Clients", right: true, of: (row) => number(row.clients) }, { name: "Services", right: true, of: (row) => number(row.services) },
    { name: "Visitors", right: true, of: (row) => number(row.streams) },
  ], "No tokens.");
  return {
    title: "Tokens", every: 3000,
    element: make("div", { class: "page" }, make("h1", {}, "Tokens"), card("Who may log in", table.element)),
    async refresh() { table.show((await get("/tokens")).tokens, (row) => row.name); },
  };
}
