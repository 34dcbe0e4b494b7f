import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { fetchRows, PAGE_ROWS } from "@/api/runs";
import type { RowsPage } from "@/api/types";

import type { Row } from "./values";

const KEPT_MS = 30_000; // pages out of sight are kept so long
const REST_MS = 40; // so long the view must rest before pages are asked for
const AHEAD_ROWS = 60;

function pageQuery(runId: string, page: number) {
  return {
    queryKey: ["rows", runId, page],
    queryFn: ({ signal }: { signal: AbortSignal }) => fetchRows(runId, page, signal),
    staleTime: Infinity,
    gcTime: KEPT_MS,
    structuralSharing: false,
  } as const;
}

/** The first page, which says what the result looks like. */
export function useFirstPage(runId: string) {
  return useQuery(pageQuery(runId, 0));
}

/** The rows in sight, asked for page by page; a page that left the view unread is not waited for. */
export function useRowPages(runId: string, first: number, last: number, total: number) {
  const client = useQueryClient();
  const lastPage = Math.max(0, Math.ceil(total / PAGE_ROWS) - 1);
  const from = Math.max(0, Math.floor((first - AHEAD_ROWS) / PAGE_ROWS));
  const to = Math.min(lastPage, Math.floor((last + AHEAD_ROWS) / PAGE_ROWS));
  const [range, setRange] = useState({ from, to });
  useEffect(() => {
    const timer = window.setTimeout(() => setRange({ from, to }), REST_MS);
    return () => window.clearTimeout(timer);
  }, [from, to]);

  const pages = Array.from({ length: range.to - range.from + 1 }, (_, index) => range.from + index);
  const found = useQueries({ queries: pages.map((page) => pageQuery(runId, page)) });
  const failed = found.find((page) => page.error);
  // Read from the queries, so that this draws again when a page comes; others may still be kept.
  const inSight = new Map(pages.map((page, index) => [page, found[index]?.data]));
  const rowAt = (index: number): Row | undefined => {
    const page = Math.floor(index / PAGE_ROWS);
    const rows = inSight.get(page) ?? client.getQueryData<RowsPage>(["rows", runId, page]);
    return rows?.rows[index % PAGE_ROWS];
  };
  return { rowAt, error: failed?.error ?? null, retry: () => void failed?.refetch() };
}

