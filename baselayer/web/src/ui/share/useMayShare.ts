import { useCaller, useMay } from "@/api/session";

/** Only the owner shares a record, and he needs the permission to manage its kind. */
export function useMayShare(ownerId: number, permission: string): boolean {
  const caller = useCaller();
  const may = useMay(permission);
  return may && (caller.user_id === ownerId || caller.permissions.includes("System admin"));
}
