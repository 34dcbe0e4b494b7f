import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { api } from "./client";
import type { Listed } from "./types";

const PAGE = 50;
const MOST = 1000;

/** A list that grows page by page, newest first. */
export function usePages<T>(noun: string) {
  return useInfiniteQuery({
    queryKey: [noun, "pages"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      api.get<Listed<T>>(`/api/${noun}`, { params: { limit: PAGE, after_id: pageParam }, signal }),
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** A whole list, for pickers and for names; the newest thousand at most. */
export function useAll<T>(noun: string, enabled = true) {
  return useQuery({
    queryKey: [noun, "all"],
    queryFn: ({ signal }) => fetchAll<T>(noun, signal),
    staleTime: 30_000,
    enabled,
  });
}

async function fetchAll<T>(noun: string, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let next: string | null | undefined;
  do {
    const params = { limit: 100, after_id: next };
    const page = await api.get<Listed<T>>(`/api/${noun}`, { params, signal });
    items.push(...page.items);
    next = page.next;
  } while (next && items.length < MOST);
  return items;
}
