import type { VirtualItem } from "@tanstack/react-virtual";
import { memo } from "react";

import type { Column } from "@/api/types";
import { count } from "@/ui/format";

import classes from "./grid.module.css";
import type { Cell } from "./useCellKeys";
import { isNumeric, lineOf, type Row, type Value } from "./values";

interface Props {
  index: number;
  y: number;
  /** Undefined until its page has come. */
  values: Row | undefined;
  columns: Column[];
  shown: VirtualItem[];
  widthPx: number;
  gutterPx: number;
  activeColumn: number | null;
  onPick: (cell: Cell) => void;
  onOpen: (opened: boolean) => void;
}

export const GridRow = memo(function GridRow(props: Props) {
  const { index, y, values, columns, shown, widthPx, gutterPx, activeColumn, onPick, onOpen } = props;
  return (
    <div
      className={classes.row}
      style={{ top: y, width: widthPx }}
      role="row"
      aria-rowindex={index + 2}
      data-odd={index % 2 === 1 || undefined}
      data-active={activeColumn !== null || undefined}
    >
      <div className={classes.gutter} style={{ width: gutterPx }} aria-hidden>{count(index + 1)}</div>
      {shown.map(({ index: column, start, size }) => (
        <div
          key={column}
          id={`cell-${index}-${column}`}
          role="gridcell"
          aria-colindex={column + 1}
          aria-selected={column === activeColumn}
          className={classes.cell}
          data-numeric={(columns[column] && isNumeric(columns[column])) || undefined}
          style={{ left: start, width: size }}
          onMouseDown={() => onPick({ row: index, column })}
          onDoubleClick={() => onOpen(true)}
        >
          {values ? <Shown value={values[column]} /> : <span className={classes.pending} />}
        </div>
      ))}
    </div>
  );
});

/** NULL says so; an empty text is empty. */
function Shown({ value }: { value: Value }) {
  return value === null ? <span className={classes.null}>NULL</span> : lineOf(value);
}
