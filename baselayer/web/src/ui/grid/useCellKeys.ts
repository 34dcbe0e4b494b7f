import type { KeyboardEvent } from "react";

import { toClipboard } from "@/ui/useCopy";

import { textOf, type Value } from "./values";

export interface Cell {
  row: number;
  column: number;
}

interface Keys {
  total: number;
  columns: number;
  pageRows: number;
  cell: Cell | null;
  onMove: (cell: Cell) => void;
  onOpen: () => void;
  valueAt: (cell: Cell) => Value;
}

/** Moves from cell to cell, opens one, copies one. */
export function useCellKeys({ total, columns, pageRows, cell, onMove, onOpen, valueAt }: Keys) {
  return (event: KeyboardEvent) => {
    if (!cell || event.altKey) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key === "c" && !window.getSelection()?.toString()) {
      event.preventDefault();
      void toClipboard(textOf(valueAt(cell)));
      return;
    }
    if (event.key === "Enter" && !isCommand) return onOpen();
    const next = moved(cell, event.key, isCommand, { total, columns, pageRows });
    if (!next) return;
    event.preventDefault();
    onMove({ row: within(next.row, total), column: within(next.column, columns) });
  };
}

function within(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length - 1);
}

function moved(
  { row, column }: Cell,
  key: string,
  isCommand: boolean,
  { total, columns, pageRows }: Pick<Keys, "total" | "columns" | "pageRows">,
): Cell | null {
  switch (key) {
    case "ArrowUp": return { row: isCommand ? 0 : row - 1, column };
    case "ArrowDown": return { row: isCommand ? total - 1 : row + 1, column };
    case "ArrowLeft": return { row, column: column - 1 };
    case "ArrowRight": return { row, column: column + 1 };
    case "PageUp": return { row: row - pageRows, column };
    case "PageDown": return { row: row + pageRows, column };
    case "Home": return { row: isCommand ? 0 : row, column: 0 };
    case "End": return { row: isCommand ? total - 1 : row, column: columns - 1 };
    default: return null;
  }
}
