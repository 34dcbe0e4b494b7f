import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, keepXsrfToken } from "./client";
import { isStatus } from "./error";
import type { PasswordChange, Profile } from "./types";

export const PROFILE = ["profile"];

/** Who is logged in; null when nobody is. */
export function useProfile() {
  return useQuery({ queryKey: PROFILE, queryFn: fetchProfile, staleTime: Infinity, retry: false });
}

async function fetchProfile(): Promise<Profile | null> {
  try {
    return kept(await api.get<Profile>("/api/profile"));
  } catch (error) {
    if (isStatus(error, 401)) return null;
    throw error;
  }
}

function kept(profile: Profile): Profile {
  keepXsrfToken(profile.xsrf_token ?? null);
  return profile;
}

/** A profile that is known to be there: inside the pages that need one. */
export function useCaller(): Profile {
  const { data } = useProfile();
  if (!data) throw new Error("This page is shown to nobody who is not logged in.");
  return data;
}

/** Whether the caller has a permission; the system's administrators have all. */
export function useMay(permission: string): boolean {
  const { permissions } = useCaller();
  return permissions.includes(permission) || permissions.includes("System admin");
}

interface Credentials {
  username: string;
  password: string;
}

export function useLogin() {
  return useEnter((asked: Credentials) => api.post<Profile>("/login", asked));
}

/** Ends all sessions of the caller; the answer's cookie begins a new one. */
export function useChangePassword() {
  return useEnter((asked: PasswordChange) => api.put<Profile>("/api/profile/password", asked));
}

export function useSetup() {
  return useEnter((asked: Credentials & { token: string }) => api.post<Profile>("/api/setup", asked));
}

function useEnter<T>(enter: (asked: T) => Promise<Profile>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: enter,
    onSuccess: (profile) => client.setQueryData(PROFILE, kept(profile)),
  });
}

export function useSetupNeeded() {
  return useQuery({
    queryKey: ["setup"],
    queryFn: () => api.get<{ needed: boolean }>("/api/setup"),
    retry: false,
  });
}

export function useLogout() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (everywhere: boolean) => api.post<null>("/logout", everywhere ? { everywhere } : {}),
    onSettled: () => forget(client),
  });
}

/** Drop everything that the one who was logged in could see. */
export function forget(client: ReturnType<typeof useQueryClient>): void {
  keepXsrfToken(null);
  client.setQueryData(PROFILE, null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== PROFILE[0] });
}
