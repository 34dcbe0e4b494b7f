import type { Run } from "@/api/types";
import { count } from "@/ui/format";
import { IconWarning } from "@/ui/icons";

import classes from "./run.module.css";

/** Said before the rows, and not to be missed: this is not all. */
export function TruncatedBanner({ run }: { run: Run }) {
  const told = reason(run);
  if (!told) return null;
  return (
    <div className={classes.truncated} role="alert">
      <IconWarning size={17} />
      <span><b>{told.title}</b> {told.text}</span>
    </div>
  );
}

function reason({ truncated, rows, limit_rows: limit }: Run): { title: string; text: string } | null {
  const shown = count(rows ?? 0);
  switch (truncated) {
    case null:
      return null;
    case "rows":
      return { title: `Only the first ${shown} rows.`, text: `There are more: the run stopped at its limit of ${count(limit)} rows.` };
    case "bytes":
      return { title: `Only the first ${shown} rows.`, text: "There are more: the run stopped at the limit for a result’s size." };
    case "cells":
      return { title: "Some values are cut short.", text: "They were longer than a cell may be." };
    default:
      return { title: "This result is not whole.", text: `It was cut short: ${truncated}.` };
  }
}
