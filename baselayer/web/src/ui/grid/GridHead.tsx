import type { VirtualItem } from "@tanstack/react-virtual";
import type { PointerEvent } from "react";

import type { Column } from "@/api/types";

import classes from "./grid.module.css";
import { isNumeric } from "./values";

interface Props {
  columns: Column[];
  shown: VirtualItem[];
  widthPx: number;
  heightPx: number;
  gutterPx: number;
  onPull: (column: number, event: PointerEvent<HTMLElement>) => void;
}

/** Names and types of the columns; stays in sight. */
export function GridHead({ columns, shown, widthPx, heightPx, gutterPx, onPull }: Props) {
  return (
    <div className={classes.head} style={{ width: widthPx, height: heightPx }} role="row" aria-rowindex={1}>
      <div className={classes.corner} style={{ width: gutterPx }} aria-hidden>#</div>
      {shown.map(({ index, start, size }) => {
        const column = columns[index];
        if (!column) return null;
        return (
          <div
            key={index}
            role="columnheader"
            aria-colindex={index + 1}
            className={classes.name}
            data-numeric={isNumeric(column) || undefined}
            style={{ left: start, width: size }}
            title={`${column.name}\n${column.source_type} (Arrow: ${column.type})`}
          >
            <span className={classes.label}>{column.name}</span>
            <span className={classes.type}>{column.source_type}</span>
            <span className={classes.handle} onPointerDown={(event) => onPull(index, event)} aria-hidden />
          </div>
        );
      })}
    </div>
  );
}
