import type { Connection, ConnectionCreate } from "@/api/types";

export type Engine = ConnectionCreate["engine"];

interface Facts {
  label: string;
  /** The usual one; null when the database is a file, which has no server. */
  port: number | null;
}

const ENGINES: Record<Engine, Facts> = {
  postgresql: { label: "PostgreSQL", port: 5432 },
  mysql: { label: "MySQL", port: 3306 },
  mariadb: { label: "MariaDB", port: 3306 },
  sqlite: { label: "SQLite", port: null },
  duckdb: { label: "DuckDB", port: null },
};

export const ENGINE_CHOICES = Object.entries(ENGINES).map(([value, { label, port }]) => ({
  value,
  label: port === null ? `${label} (a file)` : label,
}));

/** An engine's own name for itself. */
export function nameOf(engine: string): string {
  return engine in ENGINES ? ENGINES[engine as Engine].label : engine;
}

export function portOf(engine: Engine): number | null {
  return ENGINES[engine].port;
}

/** Whether its databases are files on the server's disk. */
export function isFile(engine: string): boolean {
  return engine in ENGINES && portOf(engine as Engine) === null;
}

/** Where a connection leads, in a few words. */
export function placeOf({ engine, host, port, database }: Connection): string {
  return isFile(engine) ? database : `${host}:${port}`;
}
