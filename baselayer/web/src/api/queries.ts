import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api } from "./client";
import type { Query, QueryCreate, QueryUpdate } from "./types";

export function useSavedQuery(id: string | null) {
  return useQuery({
    queryKey: ["queries", id],
    queryFn: ({ signal }) => api.get<Query>(`/api/queries/${id}`, { signal }),
    enabled: id !== null,
  });
}

export function useCreateQuery() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (values: QueryCreate) => api.post<Query>("/api/queries", values),
    onSuccess: () => client.invalidateQueries({ queryKey: ["queries"] }),
  });
}

export function useUpdateQuery() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...values }: QueryUpdate & { id: string }) =>
      api.patch<Query>(`/api/queries/${id}`, values),
    onSuccess: () => client.invalidateQueries({ queryKey: ["queries"] }),
  });
}

export function useDeleteQuery(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete(`/api/queries/${id}`),
    onSuccess: () => {
      client.removeQueries({ queryKey: ["queries", id] });
      return client.invalidateQueries({ queryKey: ["queries"] });
    },
  });
}
