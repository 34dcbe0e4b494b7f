import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api } from "./client";
import { useAll } from "./lists";
import type { Connection, ConnectionCreate, ConnectionUpdate, Diagnosis, Share } from "./types";

export const useConnections = () => useAll<Connection>("connections");

export function useConnection(id: string) {
  return useQuery({
    queryKey: ["connections", id],
    queryFn: ({ signal }) => api.get<Connection>(`/api/connections/${id}`, { signal }),
  });
}

export function useSaveConnection(id?: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (values: ConnectionCreate | ConnectionUpdate) =>
      id === undefined
        ? api.post<Connection>("/api/connections", values)
        : api.patch<Connection>(`/api/connections/${id}`, values),
    onSuccess: () => client.invalidateQueries({ queryKey: ["connections"] }),
  });
}

export function useDeleteConnection(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete(`/api/connections/${id}`),
    onSuccess: () => {
      client.removeQueries({ queryKey: ["connections", id] });
      return client.invalidateQueries({ queryKey: ["connections"] });
    },
  });
}

export function useTestConnection(id: string) {
  return useMutation({ mutationFn: () => api.post<Diagnosis>(`/api/connections/${id}/test`) });
}

/** With which of the caller's groups a record is shared. */
export function useShares(noun: "connections" | "queries", id: string) {
  return useQuery({
    queryKey: [noun, id, "shares"],
    queryFn: ({ signal }) => api.get<{ groups: Share[] }>(`/api/${noun}/${id}/shares`, { signal }),
    retry: false,
    gcTime: 0, // each opening reads it anew: saving replaces the whole list
  });
}

export function useSaveShares(noun: "connections" | "queries", id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (groups: Partial<Share>[]) => api.put(`/api/${noun}/${id}/shares`, { groups }),
    onSuccess: () => client.invalidateQueries({ queryKey: [noun, id, "shares"] }),
  });
}
