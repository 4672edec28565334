// Frame around the pages: navigation, the visible page, and its periodic refresh.
import { make } from "/dom.js";
import { get } from "/api.js";
import { follow } from "/events.js";
import { loggedIn, loginForm, logoutButton } from "/login.js";
import { configuration } from "/config.js";
import { inspector } from "/inspect.js";
import * as client from "/client.js";
import * as server from "/server.js";

const sides = {
  server: { overview: server.overview, clients: server.clients, services: server.services, tokens: server.tokens, configuration },
  client: { overview: client.overview, inspector, configuration },
};
const names = { overview: "Overview", clients: "Clients", services: "Services", tokens: "Tokens", inspector: "Inspector", configuration: "Configuration" };

const main = document.getElementById("main");
const live = document.getElementById("live");
const liveText = document.getElementById("live-text");
let pages = null;
let side = "";
let shown = null;
let shownName = "";
let timer = 0;
let asks = false; // at most one request at a time, for the timer, an event or another page
let again = false;

// `state`: "live", "lost", or "waiting" before the first answer.
function tell(state, text) {
  live.dataset.state = state;
  if (liveText.textContent !== text) liveText.textContent = text;
}

async function refresh() {
  clearTimeout(timer);
  again = asks;
  if (asks || document.hidden) return;
  asks = true;
  const page = shown;
  const began = performance.now();
  try {
    await page.refresh();
    tell("live", "live");
  } catch (problem) {
    if (problem.status === 401) location.reload(); // the login has expired
    tell("lost", problem.status ? problem.message : "no response: has the program stopped?");
  }
  asks = false;
  // Slow answers are requested less often, so that the program spends at most a tenth of its time on them.
  timer = setTimeout(refresh, page !== shown ? 0 : Math.max(again ? 100 : page.every, 10 * (performance.now() - began)));
}

// An address is the name of a page and, optionally, an item: a page with `go` receives the item and returns a title.
function show() {
  const [word, ...rest] = location.hash.slice(1).split("/");
  const isExchange = word === "exchange" && Object.hasOwn(pages, "inspector");
  const wanted = isExchange ? "inspector" : word;
  const name = Object.hasOwn(pages, wanted) ? wanted : "overview";
  if (name !== shownName || !shown.go) {
    const isFirst = shown === null;
    shown?.end?.();
    shown = pages[name]();
    shownName = name;
    main.replaceChildren(shown.element);
    if (!isFirst) main.focus();
  }
  document.title = `${shown.go?.(isExchange ? rest : []) ?? shown.title} · FerroTunnel ${side}`;
  for (const link of document.querySelectorAll("#pages a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  refresh();
}

async function begin() {
  try {
    const may = await loggedIn();
    if (may === false) {
      const form = loginForm(begin);
      main.replaceChildren(form.element);
      form.focus();
      tell("waiting", "not logged in");
      return;
    }
    if (may) live.before(logoutButton());
    side = (await get("/status")).side;
  } catch (problem) {
    tell("lost", problem.message);
    setTimeout(begin, 2000);
    return;
  }
  pages = sides[side];
  document.getElementById("pages").replaceChildren(...Object.keys(pages).map((name) => make("a", { href: `#${name}` }, names[name])));
  window.addEventListener("hashchange", show);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  show();
  follow(refresh); // events refresh the page at once
}

begin();
