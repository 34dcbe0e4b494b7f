import { useQuery } from "@tanstack/react-query";

import { api } from "./client";
import type { AuditLine } from "./types";

export function useAudit(outcome: string | null, limit: number) {
  return useQuery({
    queryKey: ["audit", outcome, limit],
    queryFn: ({ signal }) => api.get<AuditLine[]>("/api/audit", { params: { outcome, limit }, signal }),
    placeholderData: (before) => before,
  });
}
