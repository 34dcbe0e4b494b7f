import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { addressOf, api } from "./client";
import type { RowsPage, Run, RunState } from "./types";

export const PAGE_ROWS = 200;
export const FORMATS = [
  { format: "csv", label: "CSV", hint: "spreadsheets" },
  { format: "jsonl", label: "JSON Lines", hint: "one object a line" },
  { format: "arrow", label: "Arrow", hint: "exact types" },
] as const;
const ACTIVE: RunState[] = ["queued", "running", "cancelling"];
const WAIT_SECONDS = 2; // how long the server may hold a question for the state
const PAUSE_MS = 250;

export function isActive(run: Pick<Run, "state"> | undefined): boolean {
  return run !== undefined && ACTIVE.includes(run.state);
}

/** A run, watched until it has ended. */
export function useRun(id: string | null) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ["runs", id],
    enabled: id !== null,
    staleTime: 60_000,
    queryFn: ({ signal }) => {
      const known = client.getQueryData<Run>(["runs", id]);
      const params = { wait: isActive(known) ? WAIT_SECONDS : undefined };
      return api.get<Run>(`/api/runs/${id}`, { params, signal });
    },
    refetchInterval: ({ state }) => (isActive(state.data) ? PAUSE_MS : false),
  });
}

interface Start {
  sql: string;
  connectionId: string;
  limitRows: number | null;
  /** Given when the text is a saved query's, unchanged: its run then belongs to it. */
  queryId?: string;
}

export function useStartRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ sql, connectionId, limitRows, queryId }: Start) => {
      const wait = { params: { wait: 0.2 } }; // most statements are done by then
      if (queryId !== undefined) {
        return api.post<Run>(`/api/queries/${queryId}/runs`, { limit_rows: limitRows }, wait);
      }
      const body = { connection_id: connectionId, sql, limit_rows: limitRows };
      return api.post<Run>("/api/runs", body, wait);
    },
    onSuccess: (run) => {
      client.setQueryData(["runs", run.id], run);
      return client.invalidateQueries({ queryKey: ["runs", "pages"] });
    },
  });
}

export function useCancelRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.post<Run>(`/api/runs/${id}/cancel`),
    onSuccess: (run) => client.setQueryData(["runs", run.id], run),
  });
}

export function fetchRows(id: string, page: number, signal: AbortSignal): Promise<RowsPage> {
  const params = { offset: page * PAGE_ROWS, limit: PAGE_ROWS };
  return api.get<RowsPage>(`/api/runs/${id}/rows`, { params, signal });
}

export function downloadAddress(id: string, format: string): string {
  return addressOf(`/api/runs/${id}/download`, { format });
}
