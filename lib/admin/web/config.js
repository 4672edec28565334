// The configuration: what is in effect, and how the file differs from it by now.
import { badge, card, make, Table } from "/dom.js";
import { get } from "/api.js";

export function configuration() {
  const text = make("pre", { class: "text", tabindex: "0", "aria-label": "The configuration that was applied last" }, "…");
  const problems = make("ul", { class: "problems" });
  const changes = new Table("What differs from the file", [
    { name: "Key", of: (row) => make("code", {}, row.key) },
    { name: "In effect", of: (row) => row.before ?? "–" },
    { name: "In the file", of: (row) => row.now ?? "–" },
    { name: "Where", of: (row) => row.place ?? "" },
    { name: "", of: (row) => (row.needs_restart ? badge("needs a restart", "warn") : badge("a reload applies it", "good")) },
  ], "The file says what is in effect.");
  const element = make("div", { class: "page" }, make("h1", {}, "Configuration"),
    card("Changed in the file since it was applied", problems, changes.element),
    card("Applied last", make("p", { class: "quiet" },
      "What the files said, with defaults. Secrets are hidden; options of the command line go before it, and what needs a restart counts after one."), text));
  return {
    title: "Configuration", element, every: 5000,
    async refresh() {
      try {
        const answer = await get("/config");
        text.textContent = answer.effective || "There is no configuration file: options alone say what runs.";
        problems.replaceChildren(...answer.problems.map((problem) => make("li", {}, problem)));
        changes.show(answer.changes, (row) => row.key + row.place);
      } catch (problem) {
        text.textContent = problem.message;
      }
    },
  };
}
