import { useState, type PointerEvent } from "react";

const LEAST_PX = 48;
const MOST_PX = 1200;

/** Widths of columns that a pointer can pull at. */
export function useWidths(starting: () => number[]) {
  const [widths, setWidths] = useState(starting);
  const set = (column: number, width: number) =>
    setWidths((before) => before.map((kept, index) => (index === column ? bounded(width) : kept)));

  const startPull = (column: number, event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    const handle = event.currentTarget;
    const from = event.clientX;
    const width = widths[column] ?? LEAST_PX;
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (move) => set(column, width + move.clientX - from);
    handle.onpointerup = () => {
      handle.onpointermove = handle.onpointerup = null;
    };
  };
  return { widths, startPull };
}

function bounded(width: number): number {
  return Math.round(Math.min(Math.max(width, LEAST_PX), MOST_PX));
}
