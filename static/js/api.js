/** Calls to the server with the session: JSON of the API, and fragments of pages. */

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

// Signing in elsewhere renews the token, so the cookie is newer than what this page was given.
function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return cookie?.[1] ?? document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

/** The answer's JSON, or null for 204. `keepalive` lets the call outlive the page. */
export async function call(method, path, body, { keepalive = false, headers = {} } = {}) {
  const response = await fetch(path, {
    method,
    keepalive,
    credentials: "same-origin",
    headers: {
      ...headers,
      Accept: "application/json",
      "X-CSRFToken": csrfToken(),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** What a form would send, its answer as JSON: `{status, body}`, whatever the status. */
export async function submit(path, fields, { keepalive = false } = {}) {
  const response = await fetch(path, {
    method: "POST",
    keepalive,
    credentials: "same-origin",
    headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
    body: new URLSearchParams(fields),
  });
  return { status: response.status, body: await response.json().catch(() => ({})) };
}

/** Bytes as the body of a request; the answer's JSON. */
export async function bytes(path, body) {
  const response = await fetch(path, {
    method: "PUT",
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      "X-CSRFToken": csrfToken(),
      "Content-Type": "application/octet-stream",
    },
    body,
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** The document of a page or fragment; null where there is nothing to show (204). Where the page moved
 * to, an ApiError says in its body. */
export async function page(path) {
  const response = await fetch(path, { credentials: "same-origin", headers: { Accept: "text/html" } });
  if (response.status === 204) return null;
  if (response.redirected) throw new ApiError(response.status, { movedTo: response.url });
  if (!response.ok) throw new ApiError(response.status, {});
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** Sends a form as the browser would. `done` when the server went on to a page of its own: the answer
 * is that page, else the one with what is wrong. Who was signed out meanwhile gets an ApiError. */
export async function sent(form, submitter) {
  const body = new FormData(form, submitter);
  body.delete("csrfmiddlewaretoken"); // the header is newer
  const response = await fetch(submitter?.getAttribute("formaction") ?? form.action, {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "text/html", "X-CSRFToken": csrfToken() },
    body: new URLSearchParams(body),
  });
  const elsewhere = new URL(response.url).pathname === "/login/";
  if (elsewhere || response.status >= 500) throw new ApiError(response.status, {});
  const answer = new DOMParser().parseFromString(await response.text(), "text/html");
  return { done: response.ok && response.redirected, status: response.status, document: answer };
}

export const notifications = {
  mark: (id, isRead) =>
    call("PATCH", `/api/notifications/${id}/`, { isRead }, { keepalive: true }),
  seen: (ids) => call("POST", "/api/notifications/mark-seen/", { ids }, { keepalive: true }),
  markAll: () => call("POST", "/api/notifications/mark-all-read/", {}),
  remove: (id) => call("DELETE", `/api/notifications/${id}/`, undefined, { keepalive: true }),
};
