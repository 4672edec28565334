// Uses the dashboards as a person with mouse and keyboard does, in jsdom: the scripts come from the program itself.
// SCENARIO ADDRESS [HASH]; $NODE_PATH has jsdom and axe-core, $SECRET is the dashboard's. What jsdom does not
// have (layout, dialogs, charts, event streams) stands still.
import assert from "node:assert/strict";
import { createRequire, register } from "node:module";

const [scenario, at, hash = ""] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { JSDOM, VirtualConsole } = require("jsdom");
const patience = 60000;
const base = `http://${at}`;

register(`data:text/javascript,${encodeURIComponent(`
  export async function resolve(name, context, next) {
    return name.startsWith("/") ? { url: new URL(name, ${JSON.stringify(base)}).href, shortCircuit: true } : next(name, context);
  }
  export async function load(url, context, next) {
    if (!url.startsWith("http:")) return next(url, context);
    return { format: "module", source: await (await fetch(url)).text(), shortCircuit: true };
  }`)}`);

const problems = [];
const said = new VirtualConsole();
said.on("jsdomError", (error) => problems.push(String(error)));
process.on("unhandledRejection", (error) => problems.push(String(error)));
const html = await (await fetch(`${base}/`)).text();
const dom = new JSDOM(html, { url: `${base}/${hash}`, pretendToBeVisual: true, runScripts: "outside-only", virtualConsole: said });
const { window } = dom;
const { document, location, history } = window;
const server = globalThis.fetch;
let cookie = "";
async function fetchHere(path, options = {}) {
  const answer = await server(new URL(path, base), { ...options, headers: { ...options.headers, ...(cookie ? { Cookie: cookie } : {}) } });
  cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
  return answer;
}
class Still {
  observe() {}
  disconnect() {}
  addEventListener() {}
  setData() {}
  setSize() {}
  destroy() {}
}
let stream = null;  // of events, which a scenario may send
class Stream extends Still {
  constructor() {
    super();
    stream = this;
  }
}
Object.assign(window.HTMLDialogElement.prototype, {
  showModal() { this.setAttribute("open", ""); },
  close() { this.removeAttribute("open"); this.dispatchEvent(new window.Event("close")); },
});
window.uPlot = Still;
window.HTMLElement.prototype.scrollIntoView = () => {};
window.HTMLCanvasElement.prototype.getContext = () => null;
window.eval(require("axe-core").source);
const matchMedia = () => ({ matches: false, addEventListener() {}, removeEventListener() {} });
for (const [name, value] of Object.entries({ window, document, location, matchMedia, Node: window.Node, fetch: fetchHere, EventSource: Stream,
  ResizeObserver: Still, getComputedStyle: window.getComputedStyle, navigator: { clipboard: { writeText: async () => {} } } })) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

async function until(holds, what) {
  const end = Date.now() + patience;
  for (;;) {
    let found = null;
    try { found = await holds(); } catch { /* not there yet */ }
    if (found) return found;
    if (Date.now() > end) throw new Error(`not seen: ${what}\n${document.body.textContent}`);
    await new Promise((done) => { setTimeout(done, 20); });
  }
}
const all = (selector) => [...document.querySelectorAll(selector)];
const one = (selector, text = "") => all(selector).find((each) => each.textContent.includes(text) || each.getAttribute("aria-label")?.includes(text));
const seen = (selector, text) => until(() => one(selector, text), `${selector} with "${text}"`);
const press = (element, key) => element.dispatchEvent(new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const isLive = () => until(() => document.getElementById("live").dataset.state === "live", "a page that is live");
const focused = () => document.activeElement;

async function audit(what) {
  const found = await window.axe.run(document, { rules: { "color-contrast": { enabled: false } } }); // nothing has a place here
  const grave = found.violations.filter((each) => ["serious", "critical"].includes(each.impact));
  assert.equal(JSON.stringify(grave.map((each) => [each.id, each.nodes.map((node) => node.html)])), "[]", `axe-core: ${what}`);
}

async function logIn() {
  await seen("h1", "Log in");
  assert.equal(focused().id, "secret", "the field for the secret has the focus");
  assert.equal(document.getElementById("live").dataset.state, "waiting", "the dot while nobody is logged in");
  assert.equal(document.getElementById("live-text").textContent, "not logged in");
  await audit("the log-in");
  focused().value = process.env.SECRET;
  focused().form.requestSubmit();
  await seen("h1", scenario === "link" ? "Inspector" : "Overview");
  await isLive();
}

const row = (text) => until(() => all(".list tbody tr").find((each) => each.textContent.includes(text)), `the row of ${text}`);
const numberOf = (line) => Number(line.querySelector("a").textContent);

const scenarios = {
  // The client's inspector: rows, addresses, back and forward, comparing.
  async inspector() {
    await logIn();
    one("#pages a", "Inspector").click();
    const first = numberOf(await row("?first"));
    const second = numberOf(await row("?second"));
    (await row("?first")).querySelector("td:nth-child(4)").click(); // anywhere in a row
    await seen(".detail h2", `Exchange ${first}`);
    assert.equal(location.hash, `#exchange/${first}`);
    assert.match(document.title, new RegExp(`^Exchange ${first} `));
    await until(() => focused().textContent === `Exchange ${first}`, "the focus on the exchange");
    assert.equal(one(".list a[aria-current=true]").textContent, String(first));
    assert.ok(one("#pages a[aria-current]", "Inspector"), "the page is marked while an exchange is shown");

    const link = one(".list a", `Show exchange ${first}`); // by the keyboard
    link.focus();
    press(link, "ArrowUp");
    assert.equal(focused().textContent, String(second), "the row above, which is newer");
    press(focused(), "ArrowDown");
    assert.equal(focused().textContent, String(first));
    press(focused(), "ArrowUp");
    focused().click(); // as Enter does on a link
    await seen(".detail h2", `Exchange ${second}`);

    history.back();
    await seen(".detail h2", `Exchange ${first}`);
    history.back();
    await until(() => location.hash === "#inspector" && all(".detail *").length === 0, "the list alone");
    await until(() => focused().textContent === String(first), "the focus on the row that was shown");
    history.forward();
    await seen(".detail h2", `Exchange ${first}`);
    history.forward();
    await seen(".detail h2", `Exchange ${second}`);

    const choice = document.getElementById("compare");
    assert.equal(choice.value, String(first), "the one before it is offered");
    assert.ok([...choice.options].every((each) => each.value !== String(second)), "not itself");
    assert.match(choice.selectedOptions[0].textContent, /^#\d+ GET \/fields\?first 200$/);
    one(".detail button", "Compare").click();
    await seen("[aria-label='Differences: Request'] .minus", "GET /fields?second");
    assert.equal(location.hash, `#exchange/${second}/compare/${first}`);
    one(".detail button", "Copy as curl").click();
    await seen(".other", "curl --globoff");
    one(".detail button", "Compare").click(); // at the same address
    await seen("[aria-label='Differences: Request'] .plus", "GET /fields?first");
    await audit("two exchanges compared");
    history.back();
    await until(() => location.hash === `#exchange/${second}` && !one(".diff"), "the exchange alone");

    one(".detail button", "Send again").click();
    const third = await until(() => Number(/^#exchange\/(\d+)$/.exec(location.hash)?.[1]) > second && location.hash.slice(10), "the replay");
    await seen(".detail h2", `Exchange ${third}`);
    assert.equal(document.getElementById("compare").value, String(second), "what it repeats is offered");

    location.hash = "#exchange/99999"; // there is no such one
    await seen(".detail p", "99999");
    location.hash = "#exchange/nonsense";
    await until(() => all(".detail *").length === 0, "the list alone");
    location.hash = "#configuration";
    await seen("h1", "Configuration");
    assert.equal(focused().id, "main", "another page has the focus");
  },

  // An address that was copied, in another browser.
  async link() {
    await logIn();
    await seen(".detail h2", /\d+/.exec(hash)[0]);
    await seen("[aria-label='Differences: Request'] .plus", "GET /fields?first");
  },

  // The server's services in several orders, and a refusal that repeats.
  async services() {
    await isLive();
    one("#pages a", "Services").click();
    const order = () => all("td[data-name=Service]").map((cell) => cell.textContent).join(" ");
    const isOrder = (wanted) => until(() => order() === wanted, `the services as ${wanted}, not ${order()}`);
    const sorted = (name) => one("th", name).getAttribute("aria-sort");
    const orderBy = (name) => one("button.sort", name).click();
    const requests = (name) => one("#main tbody tr", name).querySelector("td[data-name=Requests]").textContent;
    await until(() => requests("busy.test") === "5" && requests("quiet.test") === "1", "what was asked");
    orderBy("Requests");
    await isOrder("busy.test app.test quiet.test");
    assert.equal(sorted("Requests"), "descending");
    orderBy("Requests");
    await isOrder("quiet.test app.test busy.test");
    assert.equal(sorted("Requests"), "ascending");
    orderBy("Service");
    await isOrder("app.test busy.test quiet.test");
    assert.equal(sorted("Service"), "ascending");
    assert.equal(sorted("Requests"), null);
    orderBy("Service");
    await isOrder("quiet.test busy.test app.test");
    assert.equal(sorted("Service"), "descending");
    const most = () => [...one("#main tbody tr", "busy.test").querySelectorAll("td[data-name='Top visitors'] div")].map((each) => each.textContent);
    await until(() => /^127\.0\.0\.2 3 visits, \d/.test(most()[0]) && /^127\.0\.0\.1 2 visits, /.test(most()[1]), "who asks most");
    await audit("services");

    one("#pages a", "Overview").click();
    await seen("h1", "Overview");
    const { events } = await (await fetchHere("/api/v1/events")).json();
    const repeated = events.find((each) => each.count > 1);
    assert.deepEqual([repeated?.kind, repeated?.client, repeated?.count], ["refused", "rival", 3]);
    const send = (event) => stream.onmessage({ data: JSON.stringify(event) });
    const rows = () => all("[aria-label=Events] tbody tr").filter((each) => each.textContent.includes("rival")).map((each) => each.textContent);
    send({ ...repeated, id: repeated.replaces, replaces: undefined, count: 2 });
    assert.match(rows().join("\n"), /\(2 times since \d[^\n]*\)$/);
    send(repeated);
    assert.match(rows().join("\n"), /^[^\n]*\(3 times since \d[^\n]*\)$/, "one row, with its count");
    send({ ...repeated, id: "another", replaces: undefined, first_ms: undefined, count: undefined });
    assert.equal(rows().length, 2, "what does not repeat is a row of its own");
  },

  // The server's clients: kicked, kept out for a time, let in again.
  async clients() {
    await isLive();
    one("#pages a", "Clients").click();
    const kick = await seen("button", "Kick laptop");
    assert.ok(one(".card", "Kept out").hidden);
    kick.click();
    let dialog = await seen("dialog", "Disconnect laptop?");
    const times = dialog.querySelector("select");
    assert.equal(times.closest("label").firstChild.textContent, "Keep it out for");
    assert.equal(times.value, "", "as before, unless a time is chosen");
    await audit("the dialog");
    times.value = "600";
    one("dialog button", "Yes, do it").click();
    await seen("#said", "laptop was disconnected and is kept out for 10 minutes.");
    const kept = await until(() => all(".card").find((each) => !each.hidden && each.textContent.includes("Kept out"))?.querySelector("tbody tr"), "who is kept out");
    assert.match(kept.textContent, /laptop.*\d+ min/);
    await audit("clients");
    await until(() => !one("button", "Kick laptop"), "a table without it");
    (await seen("button", "Let laptop in")).click();
    await seen("#said", "laptop may come back.");
    (await seen("button", "Kick laptop")).click(); // its own retry comes
    await until(() => one(".card", "Kept out").hidden, "an empty list");
    dialog = await seen("dialog", "Disconnect laptop?");
    one("dialog button", "Yes, do it").click();
    await seen("#said", "laptop was disconnected.");
    assert.ok(one(".card", "Kept out").hidden, "a kick without a time keeps nobody out");
  },
};

await import("/app.js");
await scenarios[scenario]();
assert.deepEqual(all("*").flatMap((each) => each.getAttributeNames().filter((name) => name.startsWith("on") || name === "style")), [],
  "handlers and styles in attributes, which the page's policy refuses");
assert.deepEqual(problems, []);
console.log("done");
process.exit(0);
