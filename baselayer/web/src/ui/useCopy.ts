import { useCallback, useEffect, useState } from "react";

const SHOWN_MS = 1600;

/** Copies a text, and says for a moment that it has. */
export function useCopy(): { copied: boolean; copy: (text: string) => void } {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = window.setTimeout(() => setCopied(false), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [copied]);
  const copy = useCallback((text: string) => {
    void toClipboard(text).then(setCopied, () => setCopied(false));
  }, []);
  return { copied, copy };
}

/** Put a text on the clipboard; browsers hide the proper way to it where the page has no TLS. */
export async function toClipboard(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  const focused = document.activeElement;
  (document.querySelector("[role=dialog]") ?? document.body).append(area); // a dialogue keeps the focus
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isDone;
}
