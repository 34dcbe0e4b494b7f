import type { Connection, ConnectionCreate, ConnectionUpdate } from "@/api/types";

import { isFile, portOf, type Engine } from "./engines";

/** What the form holds: texts where a field may be empty. */
export interface Values {
  name: string;
  description: string;
  tags: string[];
  engine: Engine;
  host: string;
  port: number;
  database: string;
  username: string;
  password: string;
  tls_mode: ConnectionCreate["tls_mode"];
  tls_ca: string;
  tls_certificate: string;
  tls_key: string;
  read_only: boolean;
  timeout_seconds: number;
  connect_timeout_seconds: number;
  limit_rows: number | "";
  allowed_functions: string[];
}

const NEW: Values = {
  name: "",
  description: "",
  tags: [],
  engine: "postgresql",
  host: "",
  port: 5432,
  database: "",
  username: "",
  password: "",
  tls_mode: "verify-full",
  tls_ca: "",
  tls_certificate: "",
  tls_key: "",
  read_only: true,
  timeout_seconds: 60,
  connect_timeout_seconds: 10,
  limit_rows: "",
  allowed_functions: [],
};

/** What only a server has, and a file lacks. */
const OF_SERVERS: (keyof Values)[] = [
  ...(["host", "port", "username", "password"] as const),
  ...(["tls_mode", "tls_ca", "tls_certificate", "tls_key"] as const),
];

/** What a stored password was entered for: a change of any of these clears it. */
const BOUND = ["host", "port", "tls_mode", "tls_ca"] as const;
const OR_NULL = ["username", "tls_ca", "tls_certificate"] as const;

export function valuesOf(connection?: Connection): Values {
  if (!connection) return NEW;
  const { username, tls_ca, tls_certificate, limit_rows, tls_mode, engine } = connection;
  return {
    ...NEW,
    ...pick(connection, ["name", "description", "tags", "host", "port", "database", "read_only"]),
    ...pick(connection, ["timeout_seconds", "connect_timeout_seconds", "allowed_functions"]),
    engine: engine as Engine,
    username: username ?? "",
    tls_mode: tls_mode as Values["tls_mode"],
    tls_ca: tls_ca ?? "",
    tls_certificate: tls_certificate ?? "",
    limit_rows: limit_rows ?? "",
  };
}

/** What another engine implies: its usual port, unless another was entered; a file is only read. */
export function withEngine(values: Values, engine: Engine): Partial<Values> {
  const isUsual = values.port === portOf(values.engine) || isFile(values.engine);
  const port = portOf(engine);
  if (port === null) return { engine, read_only: true };
  return isUsual ? { engine, port } : { engine };
}

export function clearsSecrets(values: Values, connection?: Connection): boolean {
  if (!connection) return false;
  const before = valuesOf(connection);
  return BOUND.some((name) => values[name] !== before[name]);
}

/** The request: only what changed, and a secret only when one was entered. */
export function requestOf(values: Values, connection?: Connection): ConnectionCreate | ConnectionUpdate {
  const before = valuesOf(connection);
  const left = isFile(values.engine) ? OF_SERVERS : [];
  const names = (Object.keys(values) as (keyof Values)[]).filter((name) => !left.includes(name));
  const wanted = names.filter((name) => !connection || !isSame(values[name], before[name]));
  const request: Record<string, unknown> = pick(values, wanted);
  for (const name of OR_NULL) if (request[name] === "") request[name] = null;
  if (request.limit_rows === "") request.limit_rows = null;
  for (const name of ["password", "tls_key"]) if (!request[name]) delete request[name];
  return request as unknown as ConnectionCreate;
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
