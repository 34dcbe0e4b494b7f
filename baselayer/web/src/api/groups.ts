import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api } from "./client";
import { useAll } from "./lists";
import type { Group, Member } from "./types";

export const useGroups = () => useAll<Group>("groups");

export function useMembers(id: number) {
  return useQuery({
    queryKey: ["groups", id, "members"],
    queryFn: ({ signal }) => api.get<Member[]>(`/api/groups/${id}/members`, { signal }),
  });
}

function useGroupChange<T>(change: (asked: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => client.invalidateQueries({ queryKey: ["groups"] }),
  });
}

export const useCreateGroup = () =>
  useGroupChange((values: { name: string; description: string | null }) =>
    api.post<Group>("/api/groups", values),
  );

export const useDeleteGroup = () => useGroupChange((id: number) => api.delete(`/api/groups/${id}`));

export const usePutMember = (id: number) =>
  useGroupChange((member: { username: string; admin: boolean }) =>
    api.put(`/api/groups/${id}/members`, member),
  );

export const useRemoveMember = (id: number) =>
  useGroupChange((userId: number) => api.delete(`/api/groups/${id}/members/${userId}`));
