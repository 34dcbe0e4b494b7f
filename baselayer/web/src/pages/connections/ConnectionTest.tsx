import { Button, Group, Loader, Paper, Stack, Text, ThemeIcon } from "@mantine/core";

import { useTestConnection } from "@/api/connections";
import type { Step } from "@/api/types";
import { ErrorNote } from "@/ui/ErrorNote";
import { duration } from "@/ui/format";
import { IconCheck, IconClose, IconPlug } from "@/ui/icons";

/** The way to the database, tried now, step by step. */
export function ConnectionTest({ id }: { id: string }) {
  const test = useTestConnection(id);
  const told = test.isPending ? "Trying…" : test.data ? (test.data.ok ? "It works." : "It does not work yet.") : "See whether the way to the database is open.";
  return (
    <Paper withBorder p="md" mb="xl" radius="md">
      <Group justify="space-between">
        <Text size="sm" fw={test.data ? 600 : 400} aria-live="polite">{told}</Text>
        <Button variant="default" leftSection={test.isPending ? <Loader size={14} /> : <IconPlug size={16} />} onClick={() => test.mutate()} disabled={test.isPending}>
          Test the connection
        </Button>
      </Group>
      {test.error && <ErrorNote error={test.error} mt="sm" />}
      {test.data && !test.isPending && (
        <Stack gap={6} mt="sm" component="ol" p={0} style={{ listStyle: "none" }}>
          {test.data.steps.map((step) => <StepLine key={step.name} step={step} />)}
        </Stack>
      )}
    </Paper>
  );
}

function StepLine({ step }: { step: Step }) {
  return (
    <Group component="li" gap="sm" wrap="nowrap" align="flex-start">
      <ThemeIcon size={20} radius="xl" variant="light" color={step.ok ? "teal" : "red"} aria-label={step.ok ? "passed" : "failed"}>
        {step.ok ? <IconCheck size={13} /> : <IconClose size={13} />}
      </ThemeIcon>
      <div style={{ flex: 1 }}>
        <Text size="sm">{step.name}</Text>
        {step.message && <Text size="sm" c={step.ok ? "var(--text-quiet)" : "red"}>{step.message}</Text>}
      </div>
      <Text size="xs" c="var(--text-faint)" style={{ fontVariantNumeric: "tabular-nums" }}>{duration(step.seconds)}</Text>
    </Group>
  );
}
