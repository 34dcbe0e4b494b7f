import { useLocalStorage } from "@mantine/hooks";
import { useRef, type KeyboardEvent, type PointerEvent } from "react";

import classes from "./workspace.module.css";

const LEAST = 12;
const MOST = 80;

/** How much of the height the editor has, remembered. */
export function useSplit() {
  const frame = useRef<HTMLDivElement>(null);
  const [percent, setPercent] = useLocalStorage({
    key: "baselayer.workspace.split",
    defaultValue: 38,
    getInitialValueInEffect: false,
  });
  const set = (wanted: number) => setPercent(Math.round(Math.min(Math.max(wanted, LEAST), MOST)));
  return { frame, percent, set };
}

/** The bar between the editor and the result: pulled, or moved with the arrow keys. */
export function Splitter({ split }: { split: ReturnType<typeof useSplit> }) {
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const box = split.frame.current?.getBoundingClientRect();
    if (!box || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    split.set(((event.clientY - box.top - 48) / box.height) * 100);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: -4, ArrowDown: 4 }[event.key];
    if (!step) return;
    event.preventDefault();
    split.set(split.percent + step);
  };
  return (
    <div
      className={classes.splitter}
      role="separator"
      aria-label="Height of the editor"
      aria-orientation="horizontal"
      aria-valuenow={split.percent}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
    />
  );
}
