import { useCallback } from "react";

import { isActive, useCancelRun, useRun, useStartRun } from "@/api/runs";

import type { Tab, TabStore } from "./tabs";

/** The run of a tab: how to start one, how it stands, how to end it. */
export function useTabRun(store: TabStore, tab: Tab, statement: () => string) {
  const starting = useStartRun();
  const cancelling = useCancelRun();
  const { data: run, error: lostSight } = useRun(tab.runId);
  const isRunning = starting.isPending || isActive(run);
  const { mutateAsync } = starting;

  const start = useCallback(() => {
    const sql = statement();
    const { id, connectionId, limitRows, queryId, savedSql } = tab;
    if (isRunning || !connectionId || !sql.trim()) return;
    store.change(id, { runId: null });
    const saved = queryId !== null && savedSql?.trim() === sql.trim() ? queryId : undefined;
    mutateAsync({ sql, connectionId, limitRows, queryId: saved }).then(
      (started) => store.change(id, { runId: started.id }),
      () => undefined, // shown below the editor
    );
  }, [isRunning, mutateAsync, statement, store, tab]);

  const cancel = () => {
    if (run) cancelling.mutate(run.id);
  };
  return {
    run,
    start,
    cancel,
    isRunning,
    isStarting: starting.isPending,
    error: starting.error ?? (tab.runId ? (lostSight ?? cancelling.error) : null),
  };
}

export type TabRun = ReturnType<typeof useTabRun>;
