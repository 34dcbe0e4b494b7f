import { Box, Center, Loader, Stack, Text } from "@mantine/core";

import { isActive } from "@/api/runs";
import type { Run } from "@/api/types";
import { Empty } from "@/ui/Empty";
import { ErrorNote } from "@/ui/ErrorNote";
import { ResultGrid } from "@/ui/grid/ResultGrid";
import { IconTerminal } from "@/ui/icons";

import { ResultBar } from "./ResultBar";
import { RunEnded } from "./RunEnded";
import { TruncatedBanner } from "./TruncatedBanner";

interface Props {
  run: Run | undefined;
  error?: unknown;
  isStarting?: boolean;
  /** On the run's own page, which says the rest elsewhere. */
  isOwnPage?: boolean;
}

/** What came of a run: rows, a refusal, or how it stands. */
export function RunResult({ run, error, isStarting = false, isOwnPage = false }: Props) {
  if (error) return <Box p="md"><ErrorNote error={error} title="It did not run" /></Box>;
  if (isStarting || isActive(run)) return <Running run={run} />;
  if (!run) {
    return (
      <Empty icon={<IconTerminal size={24} />} title="Rows appear here">
        Write a statement and press Ctrl Enter, or ⌘ Enter. What you run is kept under Runs.
      </Empty>
    );
  }
  if (run.state !== "succeeded") return <RunEnded run={run} />;
  return (
    <>
      <ResultBar run={run} isOwnPage={isOwnPage} />
      <TruncatedBanner run={run} />
      <ResultGrid key={run.id} runId={run.id} affectedRows={run.affected_rows} />
    </>
  );
}

const WORDS: Record<string, string> = {
  queued: "Waiting for its turn",
  running: "Running on the database",
  cancelling: "Cancelling",
};

function Running({ run }: { run: Run | undefined }) {
  return (
    <Center style={{ flex: 1 }} p="xl" aria-live="polite">
      <Stack align="center" gap="xs">
        <Loader size="sm" />
        <Text size="sm" c="var(--text-quiet)">{WORDS[run?.state ?? ""] ?? "Starting"}…</Text>
        <Text size="xs" c="var(--text-faint)">You may leave this page: the run goes on and is kept under Runs.</Text>
      </Stack>
    </Center>
  );
}
