// Requests to the control API below /api/v1 (docs/control.md).

export class Refused extends Error {
  constructor(status, body) {
    super(body?.error?.message ?? `The program responded with status ${status}.`);
    this.status = status;
    this.code = body?.error?.code;
  }
}

async function request(method, path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(30000),
  });
  const json = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, json);
  return json;
}

export const get = (path) => request("GET", path);
export const remove = (path) => request("DELETE", path, {});
export const post = (path, body = {}) => request("POST", path, body);
