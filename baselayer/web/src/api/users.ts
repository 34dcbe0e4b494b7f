import { useAll } from "./lists";
import type { User } from "./types";

/** Names of users by id: of those whom the caller may see. */
export function useUsernames(): Map<number, string> {
  const { data } = useAll<User>("users");
  return new Map(data?.map((user) => [user.id, user.username]));
}
