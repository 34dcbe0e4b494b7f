import { Code, Text, Title } from "@mantine/core";
import { Link } from "react-router";

import { useCronJobs } from "@/api/cron";
import { isStatus } from "@/api/error";
import type { CronJob } from "@/api/types";
import { ErrorNote } from "@/ui/ErrorNote";
import { fullTime } from "@/ui/format";
import { ListTable, type ListColumn } from "@/ui/ListTable";
import { StateBadge } from "@/ui/StateBadge";
import { Time } from "@/ui/Time";

/** The jobs of the settings; nothing for who may not see any. */
export function CronJobs() {
  const { data, error, refetch } = useCronJobs();
  if (error && !isStatus(error, 403)) return <ErrorNote error={error} mb="lg" onRetry={() => void refetch()} />;
  if (!data?.length) return null;
  return (
    <>
      <Title order={2} mb="xs">Jobs</Title>
      <ListTable label="Cron jobs" items={data} keyOf={({ name }) => name} columns={COLUMNS} />
      <Title order={2} mt="xl" mb="xs">Runs</Title>
    </>
  );
}

const COLUMNS: ListColumn<CronJob>[] = [
  { title: "Name", cell: NameCell, width: "32%" },
  { title: "When", cell: WhenCell, wide: true },
  { title: "Next", cell: NextCell },
  { title: "As", cell: ({ owner }) => owner ?? "—", wide: true, width: 110 },
  { title: "Last run", cell: LastCell, align: "right", width: 130 },
];

function NameCell({ name, script, arguments: given }: CronJob) {
  const command = [script, ...given].join(" ");
  return (
    <>
      <Text size="sm" fw={550}>{name}</Text>
      <Text size="xs" c="var(--text-faint)" ff="monospace" lineClamp={1} title={command}>{command}</Text>
    </>
  );
}

function WhenCell({ schedule }: CronJob) {
  return <Code bg="transparent" p={0} fz={12.5}>{schedule}</Code>;
}

function NextCell({ next_times: [next, ...later] }: CronJob) {
  if (next === undefined) return <>—</>;
  return (
    <>
      <Time at={next} />
      {later.map((at) => <Text key={at} size="xs" c="var(--text-faint)" visibleFrom="sm">then {fullTime(at)}</Text>)}
    </>
  );
}

function LastCell({ last_run: last }: CronJob) {
  if (!last) return <Text span inherit c="var(--text-faint)">never</Text>;
  return <Link to={`/cron/${last.id}`} aria-label={`Last run: ${last.state.replace("_", " ")}`}><StateBadge state={last.state} /></Link>;
}
