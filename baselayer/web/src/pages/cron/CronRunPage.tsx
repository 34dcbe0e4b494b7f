import { Alert, Stack, Table, Text, Title } from "@mantine/core";
import { useParams } from "react-router";

import { useCronRun } from "@/api/cron";
import type { CronRunOutput } from "@/api/types";
import { useUsernames } from "@/api/users";
import { ErrorNote } from "@/ui/ErrorNote";
import { duration, fullTime } from "@/ui/format";
import { IconWarning } from "@/ui/icons";
import { Loading } from "@/ui/Loading";
import { Mono } from "@/ui/Mono";
import { Page } from "@/ui/Page";
import { StateBadge } from "@/ui/StateBadge";
import { Time } from "@/ui/Time";

const BACK = { to: "/cron", label: "Cron" };

export default function CronRunPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useCronRun(id);
  if (error && !data) return <Page title="Cron run" back={BACK}><ErrorNote error={error} onRetry={() => void refetch()} /></Page>;
  if (!data) return <Page title="Cron run" back={BACK} width={880}><Loading /></Page>;
  return (
    <Page title={data.name} lead={<>Due <Time at={data.nominal_time} /></>} back={BACK} width={880} actions={<StateBadge state={data.state} />}>
      <Stack gap="lg">
        {data.message && <Alert color={data.state === "failed" ? "red" : "orange"} icon={<IconWarning />}>{data.message}</Alert>}
        <Facts run={data} />
        <Output run={data} />
      </Stack>
    </Page>
  );
}

function Facts({ run }: { run: CronRunOutput }) {
  const owner = useUsernames().get(run.owner_id ?? 0);
  const facts: [string, string | number | null | undefined][] = [
    ["Script", run.script],
    ["Schedule", run.source === "manual" ? `${run.schedule}; this run was started by hand` : run.schedule],
    ["Due", fullTime(run.nominal_time)],
    ["Started", run.started_at && fullTime(run.started_at)],
    ["Took", run.duration_seconds === null ? null : duration(run.duration_seconds)],
    ["Exit status", run.exit_status],
    ["As", owner],
    ["Ran on", run.host && (run.pid === null ? run.host : `${run.host}, process ${run.pid}`)],
  ];
  return (
    <Table variant="vertical" withTableBorder layout="fixed">
      <Table.Tbody>
        {facts.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={160}>{name}</Table.Th>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{value ?? "—"}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Output({ run: { output, output_truncated: isTruncated, state } }: { run: CronRunOutput }) {
  return (
    <section aria-labelledby="output">
      <Title order={2} id="output" mb="xs">Output</Title>
      {isTruncated && <Text size="sm" c="orange" mb="xs">It wrote more than is kept: a part is left out.</Text>}
      {output ? <Mono text={output} label="What it wrote" most="60vh" /> : (
        <Text size="sm" c="var(--text-quiet)">{state === "running" ? "It is shown when the run has ended." : "It wrote nothing."}</Text>
      )}
    </section>
  );
}
