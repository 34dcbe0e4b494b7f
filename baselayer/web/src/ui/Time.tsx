import { Text, Tooltip, type TextProps } from "@mantine/core";

import { fullTime, relativeTime } from "./format";

/** A moment, as people say it; exactly, when pointed at. */
export function Time({ at, never = "never", ...rest }: { at?: string | null; never?: string } & TextProps) {
  if (!at) return <Text span inherit c="var(--text-faint)" {...rest}>{never}</Text>;
  return (
    <Tooltip label={fullTime(at)}>
      <Text span inherit {...rest}>
        <time dateTime={at}>{relativeTime(at)}</time>
      </Text>
    </Tooltip>
  );
}
