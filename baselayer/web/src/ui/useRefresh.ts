import { useEffect } from "react";

const EVERY_MS = 3_000;

/** Asks again while something is still moving, and somebody is looking. */
export function useRefresh(isMoving: boolean, refetch: () => unknown): void {
  useEffect(() => {
    if (!isMoving) return undefined;
    const timer = window.setInterval(() => document.hidden || refetch(), EVERY_MS);
    return () => window.clearInterval(timer);
  }, [isMoving, refetch]);
}
