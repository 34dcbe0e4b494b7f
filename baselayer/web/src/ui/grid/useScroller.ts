import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Browsers cannot draw an element higher than this: Firefox stops at some 17 million pixels. */
const HIGHEST_PX = 8_000_000;
/** Else a pause says that a movement has settled, though a slow machine pauses within one. */
const TELLS_END = "onscrollend" in globalThis;
const SETTLED_MS = 120;
const LOCAL_VIEWS = 4; // a step of up to so many screens is exact; a longer one is a jump

const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);

/**
 * The window on a list of `total` rows of one height, however many they are.
 *
 * `top` is exact, in pixels of the whole list. Where the list is higher than an element may be, the
 * scrollbar says it in proportion: a drag jumps, a wheel or a key moves pixel by pixel, and the bar
 * is put right when the movement has settled. The rows hang in a sticky layer, so that putting the
 * bar right moves nothing.
 */
export function useScroller(total: number, rowPx: number, headPx: number) {
  const viewport = useRef<HTMLDivElement>(null);
  const at = useRef({ top: 0, bar: 0 });
  const timer = useRef(0);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);
  const wholePx = total * rowPx;
  const spacerPx = Math.min(wholePx, HIGHEST_PX);
  const most = Math.max(0, wholePx - height);
  const mostBar = Math.max(0, spacerPx - height);

  const keep = useCallback((next: number, bar: number) => {
    at.current = { top: next, bar };
    setTop(next);
  }, []);

  const putBarRight = useCallback(() => {
    const element = viewport.current;
    if (!element) return;
    element.scrollTop = most === 0 ? 0 : (at.current.top / most) * mostBar;
    at.current.bar = element.scrollTop;
  }, [most, mostBar]);

  const onScroll = useCallback(() => {
    const bar = viewport.current?.scrollTop ?? 0;
    if (spacerPx === wholePx) return keep(bar, bar);
    const step = bar - at.current.bar;
    if (step === 0) return;
    const isLocal = Math.abs(step) <= LOCAL_VIEWS * height;
    const next = clamp(isLocal ? at.current.top + step : (bar / mostBar) * most, most);
    keep(next, bar);
    const isStuck = (bar <= 0 && next > 0) || (bar >= mostBar - 1 && next < most);
    window.clearTimeout(timer.current);
    if (isStuck) putBarRight();
    else if (!TELLS_END) timer.current = window.setTimeout(putBarRight, SETTLED_MS);
  }, [height, keep, most, mostBar, putBarRight, spacerPx, wholePx]);

  const onScrollEnd = useCallback(() => {
    if (spacerPx !== wholePx) putBarRight();
  }, [putBarRight, spacerPx, wholePx]);

  const moveTo = useCallback(
    (wanted: number) => {
      keep(clamp(wanted, most), at.current.bar);
      putBarRight();
    },
    [keep, most, putBarRight],
  );

  const reveal = useCallback(
    (row: number) => {
      const start = row * rowPx;
      if (start < at.current.top) moveTo(start);
      else if (start + rowPx > at.current.top + height) moveTo(start + rowPx - height);
    },
    [height, moveTo, rowPx],
  );

  useLayoutEffect(() => {
    const element = viewport.current;
    if (!element) return undefined;
    const measure = () => setHeight(Math.max(0, element.clientHeight - headPx));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [headPx]);

  useEffect(() => () => window.clearTimeout(timer.current), []);

  const first = Math.floor(top / rowPx);
  const last = Math.min(total - 1, Math.floor((top + height) / rowPx));
  return { viewport, onScroll, onScrollEnd, reveal, top, height, spacerPx, first, last };
}
