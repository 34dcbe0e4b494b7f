import { MariaSQL, MySQL, PostgreSQL, sql, SQLDialect, SQLite } from "@codemirror/lang-sql";
import type { Extension } from "@codemirror/state";

/** DuckDB's dialect is PostgreSQL's, and more. */
const DuckDB = SQLDialect.define({
  ...PostgreSQL.spec,
  keywords: `${PostgreSQL.spec.keywords ?? ""} anti asof describe exclude glob ilike macro pivot positional qualify replace sample semi struct summarize unpivot`,
  types: `${PostgreSQL.spec.types ?? ""} blob double hugeint list map struct tinyint ubigint uhugeint uinteger union usmallint utinyint`,
});

const DIALECTS: Record<string, SQLDialect> = {
  postgresql: PostgreSQL,
  mysql: MySQL,
  mariadb: MariaSQL,
  sqlite: SQLite,
  duckdb: DuckDB,
};

/** What colours and completes a statement as the engine of its connection reads it. */
export function languageOf(engine: string | undefined): Extension {
  return sql({ dialect: DIALECTS[engine ?? ""] ?? PostgreSQL });
}
