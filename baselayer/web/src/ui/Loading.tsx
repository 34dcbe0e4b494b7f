import { Skeleton, Stack } from "@mantine/core";

/** Where lines of text or rows of a list are about to be. */
export function Loading({ lines = 6, height = 20 }: { lines?: number; height?: number }) {
  return (
    <Stack gap="md" py="sm" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={height} width={`${92 - ((line * 17) % 38)}%`} />
      ))}
    </Stack>
  );
}
