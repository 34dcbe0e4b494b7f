import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "react-router";

import type { Run } from "@/api/types";
import { bytes, count, duration } from "@/ui/format";
import { IconExternal } from "@/ui/icons";
import { StateBadge } from "@/ui/StateBadge";

import { DownloadMenu } from "./DownloadMenu";
import classes from "./run.module.css";

/** How the run went, in one line, and the way out for its rows. */
export function ResultBar({ run, isOwnPage }: { run: Run; isOwnPage: boolean }) {
  const seconds = secondsOf(run);
  return (
    <div className={classes.bar}>
      {!isOwnPage && <span className={classes.wide}><StateBadge state={run.state} /></span>}
      <span><b>{count(run.rows ?? 0)}</b> {run.rows === 1 ? "row" : "rows"}</span>
      {seconds !== null && <span className={classes.quiet}>{duration(seconds)}</span>}
      {run.bytes !== null && <span className={`${classes.quiet} ${classes.wide}`}>{bytes(run.bytes)}</span>}
      <span className={classes.space} />
      {!isOwnPage && (
        <Tooltip label="This run’s own page, to keep or to send">
          <ActionIcon component={Link} to={`/runs/${run.id}`} aria-label="Open this run">
            <IconExternal size={17} />
          </ActionIcon>
        </Tooltip>
      )}
      <DownloadMenu run={run} />
    </div>
  );
}

export function secondsOf({ started_at: from, finished_at: to }: Run): number | null {
  return from && to ? Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000) : null;
}
