// Visits a service behind the plugin `oidc` as people do, and as thieves: BROWSER APP PLAIN PROVIDER. APP is the service
// by https, PLAIN by http, PROVIDER the OpenID provider. Sessions last a minute.
const http = require("node:http");
const { chromium } = require("playwright-core");

const [executablePath, app, plain, provider] = process.argv.slice(2);
const own = "/.ferrotunnel/oidc";
const host = new URL(app).hostname;

function must(holds, what) {
  if (!holds) throw new Error(what);
}
function equal(what, got, wanted) {
  must(got === wanted, `${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
}

// Another program at another port, whose every name is this machine: it keeps the cookies that it gets, and gives what
// `page` has.
function thief() {
  const seen = { cookies: [], page: "", fields: {} };
  const server = http.createServer((request, response) => {
    if (request.url !== "/favicon.ico") seen.cookies.push(request.headers.cookie || "");
    response.writeHead(200, { "Content-Type": "text/html", ...seen.fields });
    response.end(seen.page);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => {
    seen.port = server.address().port;
    seen.close = () => { server.closeAllConnections(); server.close(); };
    resolve(seen);
  }));
}

async function main() {
  const browser = await chromium.launch({
    executablePath,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server",
      "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
      "--host-resolver-rules=MAP *.example.com 127.0.0.1, MAP *.example.org 127.0.0.1"],
  });
  const person = async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(60000);
    return context;
  };
  const seen = (page) => page.locator("#seen").textContent();
  const session_of = async (context) =>
    (await context.cookies()).filter((one) => one.name.startsWith("__Host-") && !one.name.includes("-login-"));
  // At the provider's form: a click on the button with the user's name.
  const choose = async (page, user) => {
    await page.waitForURL(`${provider}/**`);
    await page.getByRole("button", { name: user, exact: true }).click();
  };
  const log_in = async (page, user, path) => {
    await page.goto(app + path);
    await choose(page, user);
    await page.locator("#seen").waitFor();
  };
  // What a script of the page gets, without a redirect.
  const status_in = (page, path) => page.evaluate(async (url) => (await fetch(url, { redirect: "manual" })).status, path);

  const ann = await person();
  const page = await ann.newPage();
  await log_in(page, "ann", "/a?b=c");
  equal("the page that was wanted", await seen(page), "/a?b=c|ann@example.com|");
  equal("its address", page.url(), `${app}/a?b=c`);
  const [session, ...others] = await session_of(ann);
  equal("other cookies", others.length, 0);
  equal("the cookie", [session.secure, session.httpOnly, session.sameSite, session.path, session.domain].join(),
    `true,true,Lax,/,${host}`);
  must(session.expires > Date.now() / 1000 && session.expires <= Date.now() / 1000 + 61, "the cookie lasts a minute");
  await page.goto(`${app}/next`);
  equal("the next page, at once", await seen(page), "/next|ann@example.com|");
  equal("what scripts see of the cookie", await page.evaluate(() => document.cookie), "");
  equal("a script with the session", await status_in(page, "/data"), 200);
  console.log("log-in");

  const stranger = await person();
  const outside = await stranger.newPage();
  await log_in(outside, "cay", "/");
  await stranger.clearCookies();
  equal("a script without a session", await status_in(outside, "/data"), 401);
  console.log("401 for scripts");

  const bob = await person();
  const refused = await bob.newPage();
  await refused.goto(`${app}/`);
  const forbidden = refused.waitForResponse((one) => one.url().startsWith(`${app}${own}/callback`));
  await choose(refused, "bob");
  equal("a user without the group", (await forbidden).status(), 403);
  equal("his cookies", (await session_of(bob)).length, 0);
  const denied = await person();
  const leaving = await denied.newPage();
  await leaving.goto(`${app}/`);
  const denial = leaving.waitForResponse((one) => one.url().startsWith(`${app}${own}/callback`));
  await leaving.getByRole("button", { name: "Deny" }).click();
  // This provider leaves `state` out of a denial, against RFC 6749 (4.1.2.1), so the answer belongs to no login.
  equal("a user who denies", `${new URL((await denial).url()).searchParams.get("state")} ${(await denial).status()}`, "null 400");
  equal("their cookies", (await session_of(denied)).length, 0);
  console.log("refusals");

  // Over http: to the edge, and to any other program that has the host's name. A cookie that is not Secure is sent there,
  // so the browser does send cookies to other ports, and the test would see one.
  const listener = await thief();
  const trap = `http://${host}:${listener.port}`;
  await ann.addCookies([{ name: "control", value: "1", domain: host, path: "/" }]);
  equal("the edge by http", (await page.goto(`${plain}/`)).status(), 403);
  const shown = await page.content();
  must(!shown.includes("ann@example.com"), "the page by http is for nobody");
  listener.fields = { "Set-Cookie": [`${session.name}=forged; Path=/`, `${session.name}=forged; Path=/; Secure`, "planted=1; Path=/"] };
  await page.goto(`${trap}/`);
  await page.goto(`${trap}/again`);
  equal("cookies over http", listener.cookies.join("; "), "control=1; control=1; planted=1");
  equal("the session after http has set one", (await session_of(ann)).map((one) => one.value).join(), session.value);
  listener.fields = {};
  await page.goto(`${app}/after`);
  equal("the page afterwards", await seen(page), "/after|ann@example.com|control=1; planted=1");
  console.log("theft over http");

  // Another site: its scripts and forms come without the session, its links with it.
  const evil = `http://evil.example.org:${listener.port}`;
  listener.page = `<form method=post action="${app}/transfer"><button>post</button></form><a href="${app}/linked">link</a>`;
  await page.goto(`${evil}/`);
  equal("another site's script", await page.evaluate((url) =>
    fetch(url, { credentials: "include" }).then((one) => `read ${one.status}`, () => "unreadable"), `${app}/data`), "unreadable");
  const posted = page.waitForResponse(`${app}/transfer`);
  await page.getByRole("button").click();
  equal("another site's form", (await posted).status(), 401);
  await page.goto(`${evil}/`);
  await page.getByRole("link").click();
  await page.locator("#seen").waitFor();
  equal("another site's link", await seen(page), "/linked|ann@example.com|control=1; planted=1");
  console.log("other sites");

  // A login of somebody else's, whose answer ann is made to open: she stays who she is, or nobody.
  const cay = await person();
  const theirs = await cay.newPage();
  let answer = "";
  await theirs.route(`${provider}/oauth2/authorize**`, async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    answer = (await route.fetch({ maxRedirects: 0 })).headers().location;
    return route.abort();
  });
  await theirs.goto(`${app}/`);
  await choose(theirs, "cay").catch(() => undefined);
  while (answer === "") await theirs.waitForTimeout(50);
  await page.goto(answer);
  await page.goto(`${app}/who`);
  equal("a login of someone else's", await seen(page), "/who|ann@example.com|control=1; planted=1");
  const nobody = await person();
  const fresh = await nobody.newPage();
  equal("in a browser without a login", (await fresh.goto(answer)).status(), 400);
  equal("its cookies", (await nobody.cookies()).length, 0);
  await theirs.unroute(`${provider}/oauth2/authorize**`);
  await theirs.goto(answer);
  equal("where it began", await seen(theirs), "/|cay@example.com|");
  equal("the same answer again", (await theirs.goto(answer)).status(), 200);
  equal("which only leads to the page", await seen(theirs), "/|cay@example.com|");
  console.log("answers of other browsers");

  // A target of another site's.
  for (const target of ["https://evil.example.org/", "//evil.example.org/", "/\\evil.example.org/"]) {
    const lured = await person();
    const luring = await lured.newPage();
    await luring.goto(`${app}${own}/login?to=${encodeURIComponent(target)}`);
    await choose(luring, "ann");
    await luring.waitForURL((url) => url.origin === app && !url.pathname.startsWith(own));
    await lured.close();
  }
  console.log("open redirects");

  // Log-out, also at the provider; a copy of the cookie is of no use.
  const leaver = await person();
  const last = await leaver.newPage();
  await log_in(last, "ann", "/");
  const [copy] = await session_of(leaver);
  await last.goto(`${app}${own}/logout`);
  await last.waitForURL(`${provider}/oauth2/end_session**`);
  equal("cookies after the log-out", (await session_of(leaver)).length, 0);
  await last.getByRole("button", { name: "End session" }).click();
  await last.getByRole("heading", { name: "You are logged out." }).waitFor();
  equal("its address", last.url(), `${app}${own}/logged-out`);
  // The plugin's own page lets no script fetch anything: a page that only this browser has takes its place.
  await last.route(`${app}/blank`, (route) => route.fulfill({ contentType: "text/html", body: "blank" }));
  await last.goto(`${app}/blank`);
  equal("a script afterwards", await status_in(last, "/data"), 401);
  await leaver.addCookies([copy]);
  equal("a copy of the cookie", await status_in(last, "/data"), 401);
  await last.goto(`${app}/back`);
  await choose(last, "cay");
  await last.locator("#seen").waitFor();
  equal("another user afterwards", await seen(last), "/back|cay@example.com|");
  console.log("log-out");

  // Expiry: the browser drops the cookie, and a copy that it keeps longer is not accepted either.
  const late = await person();
  const waiting = await late.newPage();
  await log_in(waiting, "ann", "/");
  const [kept] = await session_of(late);
  equal("before it", await status_in(waiting, "/data"), 200);
  while (Date.now() / 1000 < kept.expires + 1.5) await waiting.waitForTimeout(500);
  equal("cookies after a minute", (await session_of(late)).length, 0);
  equal("a script after a minute", await status_in(waiting, "/data"), 401);
  await late.addCookies([{ ...kept, expires: kept.expires + 3600 }]);
  equal("a copy that is kept longer", await status_in(waiting, "/data"), 401);
  await waiting.goto(`${app}/late`);
  await choose(waiting, "ann");
  await waiting.locator("#seen").waitFor();
  equal("the provider is asked again", await seen(waiting), "/late|ann@example.com|");
  equal("a new session", (await session_of(late))[0].value === kept.value, false);
  console.log("expiry");

  listener.close();
  await browser.close();
  console.log("done");
}

main().catch((error) => { console.error(error); process.exit(1); });
