import { ApiError } from "./error";

type Params = Record<string, string | number | boolean | null | undefined>;

interface Asked {
  params?: Params;
  body?: unknown;
  signal?: AbortSignal;
}

interface Envelope {
  status: "success" | "error";
  message?: string;
  data?: unknown;
}

let xsrfToken: string | null = null;
let onLoggedOut: () => void = () => undefined;

/** The session's XSRF token, as the profile names it; sent with every request that changes something. */
export function keepXsrfToken(token: string | null): void {
  xsrfToken = token;
}

/** What to do when a request shows that nobody is logged in any more. */
export function whenLoggedOut(listener: () => void): void {
  onLoggedOut = listener;
}

export const api = {
  get: <T>(path: string, asked?: Asked) => request<T>("GET", path, asked),
  post: <T>(path: string, body: unknown = {}, asked?: Asked) =>
    request<T>("POST", path, { ...asked, body }),
  put: <T>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  patch: <T>(path: string, body: unknown) => request<T>("PATCH", path, { body }),
  delete: (path: string) => request<null>("DELETE", path),
};

export function addressOf(path: string, params: Params = {}): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== null);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query ? `${path}?${query}` : path;
}

async function request<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
  const response = await send(method, path, asked);
  const envelope = await envelopeOf(response);
  if (response.ok && envelope.status === "success") return envelope.data as T;
  const error = errorOf(response.status, envelope);
  if (response.status === 401 && path !== "/login" && path !== "/api/profile") onLoggedOut();
  throw error;
}

async function send(method: string, path: string, asked: Asked): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (asked.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && xsrfToken !== null) headers["X-XSRFToken"] = xsrfToken;
  const body = asked.body === undefined ? undefined : JSON.stringify(asked.body);
  const address = addressOf(path, asked.params);
  try {
    return await fetch(address, { method, headers, body, signal: asked.signal, credentials: "same-origin" });
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw new ApiError(0, "unreachable", "The server cannot be reached: see whether it runs, and try again.");
  }
}

async function envelopeOf(response: Response): Promise<Envelope> {
  try {
    return (await response.json()) as Envelope;
  } catch {
    const message = `The server answered ${response.status} with something that is not JSON.`;
    throw new ApiError(response.status, "not_json", message);
  }
}

function errorOf(status: number, envelope: Envelope): ApiError {
  const data = (envelope.data ?? {}) as { code?: string; fields?: Record<string, string> };
  const message = envelope.message ?? `The server answered ${status}.`;
  return new ApiError(status, data.code ?? "unknown", message, data.fields);
}
