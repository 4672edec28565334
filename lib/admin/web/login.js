// Login and logout, for a dashboard that requires a secret.
import { card, make, say } from "/dom.js";

async function ask(method, path, body) {
  const answer = await fetch(path, { method, headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body), signal: AbortSignal.timeout(30000) });
  const json = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(json?.error?.message ?? `The program responded with status ${answer.status}.`);
  return json;
}

/** Whether this browser is logged in; null if no login is required. */
export const loggedIn = async () => (await ask("GET", "/api/login")).logged_in;

/** Login form. `focus` is the field to focus once it is shown; `then` is called after a successful login. */
export function loginForm(then) {
  const secret = make("input", { type: "password", id: "secret", autocomplete: "current-password", required: true, size: "40" });
  const element = make("div", { class: "page" }, make("h1", {}, "Log in"), card("This dashboard requires a secret",
    make("form", { class: "edit", submit: async (event) => {
      event.preventDefault();
      try {
        await ask("POST", "/api/login", { secret: secret.value.trim() });
        then();
      } catch (problem) {
        say(problem.message, true);
        secret.select();
      }
    } }, make("label", { for: "secret" }, "The secret of dashboard_token_file"), secret,
    make("div", { class: "buttons" }, make("button", { type: "submit" }, "Log in")))));
  return { element, focus: () => secret.focus() };
}

export const logoutButton = () => make("button", { type: "button", class: "small", click: async () => {
  await ask("POST", "/api/logout", {}).catch((problem) => say(problem.message, true));
  location.reload();
} }, "Log out");
