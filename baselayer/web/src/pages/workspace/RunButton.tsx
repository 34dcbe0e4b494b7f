import { Button, Tooltip } from "@mantine/core";

import { IconPlay, IconStop } from "@/ui/icons";
import { Elapsed } from "@/ui/run/Elapsed";

import type { Tab } from "./tabs";
import type { TabRun } from "./useTabRun";
import classes from "./workspace.module.css";

/** Run; while something runs, its state, for how long, and the way to end it. */
export function RunButton({ tab, run }: { tab: Tab; run: TabRun }) {
  if (run.isRunning) {
    const state = run.isStarting ? "starting" : run.run?.state;
    return (
      <Button
        className={classes.run}
        color="red"
        variant="light"
        leftSection={<IconStop size={16} />}
        onClick={run.cancel}
        disabled={run.isStarting || state === "cancelling"}
        aria-label={`Cancel, ${state}`}
      >
        {state === "cancelling" ? "Cancelling" : "Cancel"}
        <span className={classes.running}>
          {state !== "cancelling" && state} <Elapsed run={run.run} />
        </span>
      </Button>
    );
  }
  const missing = !tab.connectionId ? "Choose a connection first" : !tab.sql.trim() ? "Write a statement first" : null;
  return (
    <Tooltip label={missing ?? "Run the selection, or the statement at the cursor (Ctrl/⌘ Enter)"}>
      <Button className={classes.run} leftSection={<IconPlay size={16} />} onClick={run.start} data-disabled={missing !== null || undefined} aria-disabled={missing !== null}>
        Run
      </Button>
    </Tooltip>
  );
}
