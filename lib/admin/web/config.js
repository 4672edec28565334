// Configuration page: the values in effect, and how the file differs from them.
import { badge, card, make, Table } from "/dom.js";
import { get } from "/api.js";

export function configuration() {
  const text = make("pre", { class: "text", tabindex: "0", "aria-label": "The last applied configuration" }, "…");
  const problems = make("ul", { class: "problems" });
  const changes = new Table("Differences from the file", [
    { name: "Key", of: (row) => make("code", {}, row.key) },
    { name: "In effect", of: (row) => row.before ?? "–" },
    { name: "In the file", of: (row) => row.now ?? "–" },
    { name: "Where", of: (row) => row.place ?? "" },
    { name: "", of: (row) => (row.needs_restart ? badge("needs a restart", "warn") : badge("a reload applies it", "good")) },
  ], "The file matches the values in effect.");
  const element = make("div", { class: "page" }, make("h1", {}, "Configuration"),
    card("Changed in the file since it was applied", problems, changes.element),
    card("Last applied", make("p", { class: "quiet" },
      "The contents of the files, with defaults. Secrets are hidden. Command-line options take precedence; values that need a restart apply after one."), text));
  return {
    title: "Configuration", element, every: 5000,
    async refresh() {
      try {
        const answer = await get("/config");
        text.textContent = answer.effective || "There is no configuration file; only command-line options apply.";
        problems.replaceChildren(...answer.problems.map((problem) => make("li", {}, problem)));
        changes.show(answer.changes, (row) => row.key + row.place);
      } catch (problem) {
        text.textContent = problem.message;
      }
    },
  };
}
