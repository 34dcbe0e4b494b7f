import { useEffect } from "react";
import { useSearchParams } from "react-router";

import { api } from "@/api/client";
import { messageOf } from "@/api/error";
import type { Query, Run } from "@/api/types";
import { useTitle } from "@/ui/Page";
import { notifications } from "@mantine/notifications";

import type { Tab, TabStore } from "./tabs";
import { TabPane } from "./TabPane";
import { TabStrip } from "./TabStrip";
import { useTabs, useTabStore } from "./useTabs";
import classes from "./workspace.module.css";

/** Where SQL is written and run. */
export default function WorkspacePage() {
  const store = useTabStore();
  const { tabs, activeId } = useTabs(store);
  const active = tabs.find(({ id }) => id === activeId) ?? tabs[0];
  useTitle(active?.title ?? "Workspace");
  useAsked(store);
  return (
    <main id="content" className={classes.page}>
      <h1 className={classes.hidden}>Workspace</h1>
      <TabStrip store={store} tabs={tabs} activeId={activeId} />
      {active && <TabPane key={active.id} store={store} tab={active} />}
    </main>
  );
}

/** Opens what the address asks for (?query= ?run= ?connection=), once. */
function useAsked(store: TabStore): void {
  const [search, setSearch] = useSearchParams();
  useEffect(() => {
    if (search.size === 0) return;
    setSearch({}, { replace: true });
    open(store, search).catch((error: unknown) =>
      notifications.show({ color: "red", title: "It could not be opened", message: messageOf(error) }),
    );
  }, [search, setSearch, store]);
}

async function open(store: TabStore, search: URLSearchParams): Promise<void> {
  const [query, run, connection] = ["query", "run", "connection"].map((name) => search.get(name));
  if (query) return openQuery(store, await api.get<Query>(`/api/queries/${query}`));
  if (run) return store.add(tabOfRun(await api.get<Run>(`/api/runs/${run}`)));
  if (connection) return store.add({ connectionId: connection, sql: "" });
}

function openQuery(store: TabStore, query: Query): void {
  const there = store.get().tabs.find(({ queryId }) => queryId === query.id);
  if (there) return store.select(there.id);
  store.add({
    title: query.name,
    sql: query.text,
    savedSql: query.text,
    queryId: query.id,
    connectionId: query.connection_id,
    limitRows: query.limit_rows ?? 10_000,
  });
}

function tabOfRun(run: Run): Partial<Tab> {
  return { sql: run.text, connectionId: run.connection_id, limitRows: run.limit_rows, runId: run.id };
}
