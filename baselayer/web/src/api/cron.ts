import { useQuery } from "@tanstack/react-query";

import { api } from "./client";
import { usePages } from "./lists";
import type { CronJob, CronRun, CronRunOutput } from "./types";

const EVERY_MS = 3_000;

export const useCronRuns = () => usePages<CronRun>("cron/runs");

export function useCronJobs() {
  return useQuery({
    queryKey: ["cron/jobs"],
    queryFn: ({ signal }) => api.get<CronJob[]>("/api/cron/jobs", { signal }),
    retry: false,
  });
}

/** A run with its output, watched until it has ended. */
export function useCronRun(id: string) {
  return useQuery({
    queryKey: ["cron/runs", id],
    queryFn: ({ signal }) => api.get<CronRunOutput>(`/api/cron/runs/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? EVERY_MS : false),
  });
}
