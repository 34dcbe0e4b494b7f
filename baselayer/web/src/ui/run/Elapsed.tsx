import { useEffect, useState } from "react";

import type { Run } from "@/api/types";
import { duration } from "@/ui/format";

const TICK_MS = 100;

/** How long it has been running: by this page's clock from when it was first seen here. */
export function Elapsed({ run }: { run: Run | undefined }) {
  const [seen] = useState(() => Date.now());
  const [now, setNow] = useState(seen);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  const before = run ? Math.max(0, seen - new Date(run.created_at).getTime()) : 0;
  const isOlder = before > 5_000; // opened later: count from its start
  return <span>{duration((now - seen + (isOlder ? before : 0)) / 1000)}</span>;
}
