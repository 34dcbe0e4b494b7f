import { useInfiniteQuery } from "@tanstack/react-query";

import { api } from "./client";
import type { AuditLine, Listed } from "./types";

const PAGE = 100;

/** The audit, newest first, growing page by page. */
export function useAudit(outcome: string | null) {
  return useInfiniteQuery({
    queryKey: ["audit", outcome],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      api.get<Listed<AuditLine>>("/api/audit", { params: { outcome, limit: PAGE, after_id: pageParam }, signal }),
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
}
