import { useVirtualizer } from "@tanstack/react-virtual";
import { useState, type CSSProperties } from "react";

import type { RowsPage } from "@/api/types";
import { ErrorNote } from "@/ui/ErrorNote";
import { count } from "@/ui/format";

import { CellBar } from "./CellBar";
import classes from "./grid.module.css";
import { GridHead } from "./GridHead";
import { GridRow } from "./GridRow";
import { useCellKeys, type Cell } from "./useCellKeys";
import { useRowPages } from "./useRowPages";
import { useScroller } from "./useScroller";
import { useWidths } from "./useWidths";
import { startingWidths } from "./values";

export const ROW_PX = 27;
const HEAD_PX = 32;
const BEFORE = 3; // rows drawn above and below the view
const STEP = 32; // rows keep their place in the layer for so many rows

/** A grid that holds in memory only what is near the view, at any number of rows and columns. */
export function GridView({ runId, page }: { runId: string; page: RowsPage }) {
  const { columns, total } = page;
  const [cell, setCell] = useState<Cell | null>(null);
  const [opened, setOpened] = useState(false);
  const { widths, startPull } = useWidths(() => startingWidths(columns, page.rows));
  const gutterPx = 20 + Math.max(2, String(total).length) * 8;
  const scroller = useScroller(total, ROW_PX, HEAD_PX);
  const across = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroller.viewport.current,
    estimateSize: (index) => widths[index] ?? 120,
    getItemKey: (index) => `${index}:${widths[index]}`,
    overscan: 2,
    paddingStart: gutterPx,
    scrollPaddingStart: gutterPx,
  });
  const pages = useRowPages(runId, scroller.first, scroller.last, total);
  const keys = useCellKeys({
    total,
    columns: columns.length,
    pageRows: Math.max(1, Math.floor(scroller.height / ROW_PX) - 1),
    cell,
    onMove: (next) => {
      setCell(next);
      scroller.reveal(next.row);
      across.scrollToIndex(next.column);
    },
    onOpen: () => setOpened(true),
    valueAt: ({ row, column }) => pages.rowAt(row)?.[column],
  });

  const shown = across.getVirtualItems();
  const widthPx = across.getTotalSize();
  const start = Math.max(0, scroller.first - BEFORE);
  const end = Math.min(total - 1, scroller.last + BEFORE);
  const base = Math.floor(start / STEP) * STEP;
  const layer: CSSProperties = { top: HEAD_PX, height: Math.min(scroller.height, scroller.spacerPx) };
  const shift = { transform: `translateY(${base * ROW_PX - scroller.top}px)` };
  const rows = Array.from({ length: Math.max(0, end - start + 1) }, (_, index) => start + index);
  return (
    <div className={classes.grid}>
      <ErrorNote error={pages.error} onRetry={pages.retry} radius={0} />
      <div
        ref={scroller.viewport}
        className={classes.viewport}
        style={total === 0 ? { flex: "0 0 auto", height: HEAD_PX + 12 } : undefined}
        role="grid"
        aria-label={`Result, ${count(total)} rows`}
        aria-rowcount={total + 1}
        aria-colcount={columns.length}
        aria-activedescendant={cell ? cellId(cell) : undefined}
        tabIndex={0}
        onScroll={scroller.onScroll}
        onScrollEnd={scroller.onScrollEnd}
        onKeyDown={keys}
        onFocus={() => cell ?? (total > 0 && setCell({ row: scroller.first, column: 0 }))}
      >
        <GridHead columns={columns} shown={shown} widthPx={widthPx} heightPx={HEAD_PX} gutterPx={gutterPx} onPull={startPull} />
        <div style={{ height: scroller.spacerPx, width: widthPx }}>
          <div className={classes.layer} style={layer} role="rowgroup">
            <div style={shift}>
              {rows.map((row) => (
                <GridRow
                  key={row}
                  index={row}
                  y={(row - base) * ROW_PX}
                  values={pages.rowAt(row)}
                  columns={columns}
                  shown={shown}
                  widthPx={widthPx}
                  gutterPx={gutterPx}
                  activeColumn={cell?.row === row ? cell.column : null}
                  onPick={setCell}
                  onOpen={setOpened}
                />
              ))}
            </div>
          </div>
        </div>
      </div>
      {cell && total > 0 && (
        <CellBar cell={cell} columns={columns} row={pages.rowAt(cell.row)} opened={opened} onOpen={setOpened} />
      )}
    </div>
  );
}

export function cellId({ row, column }: Cell): string {
  return `cell-${row}-${column}`;
}
