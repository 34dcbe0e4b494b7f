import { Badge, Loader } from "@mantine/core";

import type { CronState, RunState } from "@/api/types";

type State = RunState | CronState;

const COLOURS: Record<State, string> = {
  queued: "gray",
  running: "blue",
  cancelling: "orange",
  succeeded: "teal",
  failed: "red",
  cancelled: "gray",
  lost: "orange",
  timed_out: "red",
  stopped: "orange",
  skipped: "gray",
  missed: "orange",
};
const MOVING: State[] = ["queued", "running", "cancelling"];

export function StateBadge({ state }: { state: State }) {
  const moving = MOVING.includes(state);
  return (
    <Badge color={COLOURS[state]} leftSection={moving ? <Loader size={9} color={COLOURS[state]} /> : undefined}>
      {state.replace("_", " ")}
    </Badge>
  );
}
