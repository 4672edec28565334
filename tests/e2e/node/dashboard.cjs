// Looks at the dashboards of a server and a client as a person does: BROWSER PROFILE SERVER CLIENT SECRET
// [FOLDER].
const { chromium } = require("playwright-core");
const axe = require("axe-core");

const [browser, profile, server, client, secret, folder] = process.argv.slice(2);
const patience = 60000;

function must(holds, what) {
  if (!holds) throw new Error(what);
}

async function main() {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browser, viewport: { width: 1180, height: 760 }, colorScheme: "light",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const problems = [];
  page.on("console", (said) => { if (["error", "warning"].includes(said.type())) problems.push(said.text()); });
  page.on("pageerror", (error) => problems.push(String(error)));

  const open = async (at, name, title) => {
    await page.goto(`http://${at}/#${name}`);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    await page.getByText("live", { exact: true }).waitFor();
  };
  const check = async (what) => {
    await page.evaluate(axe.source); // as the debugger does: the page's own rules would refuse it
    const found = await page.evaluate(() => globalThis.axe.run());
    const grave = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
    must(grave.length === 0, `axe-core: ${what}: ${JSON.stringify(grave.map((one) => [one.id, one.nodes.map((node) => node.html)]))}`);
    must(problems.length === 0, `console: ${what}: ${problems.join("; ")}`);
    if (folder) await page.screenshot({ path: `${folder}/${what}.png` });
    console.log(what);
  };
  const moves = async (name) => {
    const value = page.locator(".figure", { hasText: name }).locator("strong");
    const before = await value.textContent();
    await page.waitForFunction(([text, old]) => [...document.querySelectorAll(".figure")].some((one) =>
      one.textContent.startsWith(text) && one.querySelector("strong").textContent !== old), [name, before], { timeout: patience });
  };

  await open(server, "overview", "Overview");
  await moves("Requests");
  await page.locator(".uplot canvas").first().waitFor();
  if (folder) await page.waitForTimeout(25000); // charts that look like something
  await check("server");
  await page.emulateMedia({ colorScheme: "dark" });
  await check("server-dark");
  await page.emulateMedia({ colorScheme: "light" });
  for (const [name, title, text] of [["services", "Services", "app.test"], ["tokens", "Tokens", "from 127.0.0.1"],
    ["configuration", "Configuration", "busy_poll"]]) {
    await open(server, name, title);
    await page.locator("main").getByText(text).first().waitFor();
    await check(`server-${name}`);
  }

  const script = "<img src=x onerror='document.title=1'>"; // peers cannot have such names; texts of theirs are like it
  await page.route("**/api/v1/status", async (route) => {
    const answer = await route.fetch();
    const json = await answer.json();
    json.tunnels.forEach((one) => { one.agent = script; });
    await route.fulfill({ response: answer, json });
  });
  await open(server, "clients", "Clients");
  await page.getByText(script, { exact: true }).waitFor();
  must(await page.locator("td img").count() === 0, "what a peer says is markup");
  await page.unroute("**/api/v1/status");
  await page.getByText("ferrotunnel/").waitFor();
  await check("server-clients");
  await page.getByRole("button", { name: "Kick laptop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Yes" }).press("Enter");
  await page.getByText("was disconnected").waitFor();
  await open(server, "overview", "Overview");
  const feed = page.locator(".card", { hasText: "Events" });
  await feed.getByText("kicked", { exact: true }).waitFor(); // as they come, by server-sent events
  await feed.locator("tr", { hasText: "registered" }).first().waitFor();

  await page.goto(`http://${client}/`);
  await page.getByRole("heading", { level: 1, name: "Log in" }).waitFor();
  must(await page.getByLabel("The secret").evaluate((field) => field === document.activeElement), "the secret's field has no focus");
  await check("client-login");
  await page.getByLabel("The secret").fill(secret);
  await page.getByLabel("The secret").press("Enter");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

  // What has passed the client: found, shown, sent again, edited, compared, copied as a command.
  await open(client, "inspector", "Inspector");
  await page.getByText("/name/x").first().waitFor();
  await page.getByPlaceholder("Find text").fill("find-me");
  await page.getByText("/name/x").first().waitFor({ state: "detached" }); // all that is left has been found
  await page.getByRole("link", { name: "Show exchange" }).first().click();
  const shown = page.getByRole("heading", { name: /^Exchange \d+/ });
  await shown.waitFor();
  const first = await shown.textContent();
  await page.getByText("X-Word: find-me").first().waitFor();
  await check("client-inspector");
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await page.getByLabel("curl command").getByText("X-Word: find-me").waitFor();
  await page.getByRole("button", { name: "Edit and send" }).click();
  await page.getByLabel("Path and query").fill("/fields?a=2");
  const fields = page.getByLabel("Header fields, one per line");
  await fields.fill((await fields.inputValue()).replace("find-me", "find-me <b>again</b>"));
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.waitForFunction((old) => [...document.querySelectorAll(".detail h2")].some((one) => /^Exchange/.test(one.textContent) && one.textContent !== old), first);
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByLabel("Differences: Request").getByText("-X-Word: find-me <b>again</b>").waitFor();
  await page.getByLabel("Differences: Request").getByText("+GET /fields?a=1 HTTP/1.1").waitFor();
  must(await page.locator(".detail b", { hasText: "again" }).count() === 0, "what a visitor says is markup"); // first lines are bold
  await check("client-inspector-compared");
  const archive = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save as HAR" }).click();
  must((await archive).suggestedFilename() === "ferrotunnel.har", "the archive has no name");

  await open(client, "overview", "Overview");
  await page.getByText("registered").first().waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("td[data-name=In]")].some((cell) => cell.textContent !== "0 B/s"));
  await check("client");
  await page.setViewportSize({ width: 390, height: 800 });
  await check("client-phone");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  must(!wide, "the page is wider than a phone");
  await page.setViewportSize({ width: 1180, height: 760 });
  await page.getByRole("button", { name: "Switch off app.test" }).click();
  await page.getByText("disabled").first().waitFor();
  await page.getByRole("button", { name: "Switch on app.test" }).click();
  await page.getByRole("button", { name: "Switch off app.test" }).waitFor();
  await page.emulateMedia({ colorScheme: "dark" }); // the code is dark on light nevertheless
  await page.getByRole("button", { name: "QR code of http" }).click();
  const code = page.getByRole("dialog").getByRole("img", { name: "QR code of http" });
  await code.screenshot({ path: `${profile}.code.png` });
  await check("client-code");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("The secret").fill(secret);
  await page.getByLabel("The secret").press("Enter");
  await page.getByRole("button", { name: "Drain" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Yes" }).click();
  await page.getByText("The client is draining.").waitFor();
  await context.close();
  console.log("done");
}

main().catch((error) => { console.error(error); process.exit(1); });
