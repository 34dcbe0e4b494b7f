import { Alert, Box, Code, Text } from "@mantine/core";

import type { Run, RunState } from "@/api/types";
import { IconStop, IconWarning } from "@/ui/icons";

const TITLES: Partial<Record<RunState, string>> = {
  failed: "The statement failed",
  cancelled: "Cancelled",
  lost: "The run was lost",
};

/** A run that ended without a result, and why. */
export function RunEnded({ run }: { run: Run }) {
  const isCancelled = run.state === "cancelled";
  return (
    <Box p="md">
      <Alert
        role="alert"
        color={isCancelled ? "gray" : run.state === "lost" ? "orange" : "red"}
        icon={isCancelled ? <IconStop /> : <IconWarning />}
        title={TITLES[run.state]}
      >
        <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{run.error_message}</Text>
        {run.error_code && !isCancelled && <Code mt="xs" display="inline-block">{run.error_code}</Code>}
      </Alert>
    </Box>
  );
}
