import { Mono } from "./Mono";

/** A statement, to read. */
export function Sql({ text, most }: { text: string; most?: number }) {
  return <Mono text={text} label="Statement" most={most} />;
}
