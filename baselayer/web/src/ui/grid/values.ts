import type { Column } from "@/api/types";

export type Value = unknown;
export type Row = Value[];

const NUMERIC = /^(u?int|float|double|half|decimal)/;
const NUMERIC_SOURCE = /^(numeric|decimal)/i; // without bounds it comes as text, which keeps every digit
const SHOWN_CHARACTERS = 400; // a cell is one line; the whole value opens beside it
const CHARACTER_PX = 7.4;
const PADDING_PX = 26;

export function isNumeric(column: Column): boolean {
  return NUMERIC.test(column.type) || NUMERIC_SOURCE.test(column.source_type);
}

/** A value in full, exactly as it was sent: big numbers and decimals are texts already. */
export function textOf(value: Value): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Object.is(value, -0)) return "-0";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A value as one line of a cell. */
export function lineOf(value: Value): string {
  const text = textOf(value);
  const line = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return line.includes("\n") ? line.replace(/\r?\n/g, " ↵ ") : line;
}

/** The whole value, indented when it is JSON. */
export function prettyOf(value: Value): string {
  const text = textOf(value);
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return isExactAsJson(text) ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch {
    return text; // it only looked like JSON
  }
}

/** Whether reading the text as JSON loses nothing: JavaScript rounds long numbers. */
function isExactAsJson(text: string): boolean {
  return !/\d{16,}|\d\.\d{15,}/.test(text);
}

/** Rows as spreadsheets paste them. */
export function tabbed(row: Row): string {
  return row.map((value) => textOf(value).replace(/[\t\r\n]+/g, " ")).join("\t");
}

export function asObject(columns: Column[], row: Row): string {
  return JSON.stringify(Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])), null, 2);
}

/** Widths that fit the names and the first rows. */
export function startingWidths(columns: Column[], rows: Row[]): number[] {
  return columns.map((column, index) => {
    const head = column.name.length + Math.min(column.source_type.length, 12) * 0.85 + 2;
    const cells = rows.slice(0, 60).map((row) => Math.min(lineOf(row[index]).length, 60));
    const characters = Math.max(head, 4, ...cells);
    return Math.round(Math.min(Math.max(characters * CHARACTER_PX + PADDING_PX, 76), 360));
  });
}
