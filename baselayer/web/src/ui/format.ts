const LONGEST_LINE = 200;
const counts = new Intl.NumberFormat("en-US");
const days = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function count(number: number): string {
  return counts.format(number);
}

export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

export function fullTime(iso: string): string {
  return dates.format(new Date(iso));
}

const STEPS: [number, string][] = [
  [60, "s"],
  [60, "min"],
  [24, "h"],
  [7, "d"],
];

/** How long ago, or in how long, in the largest unit that fits; a date beyond a week. */
export function relativeTime(iso: string, now = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  if (seconds > -10 && seconds < 3) return "just now"; // clocks differ by a little
  let amount = Math.abs(seconds);
  for (const [size, unit] of STEPS) {
    if (amount < size) return seconds < 0 ? `${Math.floor(amount)} ${unit} ago` : `in ${Math.floor(amount)} ${unit}`;
    amount /= size;
  }
  return days.format(new Date(iso));
}

export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${Math.floor(seconds % 60)} s`;
}

export function bytes(number: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let amount = number;
  let index = 0;
  while (amount >= 1000 && index < units.length - 1) {
    amount /= 1000;
    index += 1;
  }
  return `${amount < 10 && index > 0 ? amount.toFixed(1) : Math.round(amount)} ${units[index]}`;
}

/** A statement in one line, without the lines that are comments: for lists. */
export function oneLine(sql: string): string {
  const lines = sql.split("\n").filter((text) => !text.trim().startsWith("--"));
  const line = lines.join(" ").replace(/\s+/g, " ").trim() || sql.trim();
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}
