import { Anchor, Code, Text } from "@mantine/core";
import { Link } from "react-router";

import { useCronRuns } from "@/api/cron";
import type { CronRun } from "@/api/types";
import { duration } from "@/ui/format";
import { IconCalendar } from "@/ui/icons";
import { ListTable, type ListColumn } from "@/ui/ListTable";
import { Page } from "@/ui/Page";
import { Paged } from "@/ui/Paged";
import { StateBadge } from "@/ui/StateBadge";
import { Time } from "@/ui/Time";
import { useRefresh } from "@/ui/useRefresh";

import { CronJobs } from "./CronJobs";

export default function CronPage() {
  const pages = useCronRuns();
  const runs = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  useRefresh(runs.some(({ state }) => state === "running"), pages.refetch);
  return (
    <Page title="Cron" lead="Scripts that the server runs by the clock, and how each run went, newest first.">
      <CronJobs />
      <Paged
        pages={pages}
        icon={<IconCalendar size={24} />}
        title="No cron job has run yet"
        hint={
          <>
            Whoever runs the server adds jobs in its settings, under <Code>cron.jobs</Code>: a script and when it
            runs. The documentation tells how, in <Code>docs/howto/cron.md</Code>.
          </>
        }
      >
        {(items) => <ListTable label="Cron runs" items={items} keyOf={({ id }) => id} columns={COLUMNS} />}
      </Paged>
    </Page>
  );
}

const COLUMNS: ListColumn<CronRun>[] = [
  { title: "Job", cell: JobCell, width: "40%" },
  { title: "State", cell: ({ state }) => <StateBadge state={state} />, width: 130 },
  { title: "Due", cell: ({ nominal_time: at }) => <Time at={at} c="var(--text-quiet)" />, wide: true },
  { title: "Took", cell: ({ duration_seconds: took }) => <Known value={took === null ? null : duration(took)} />, wide: true, align: "right", width: 110 },
  { title: "Exit status", cell: ({ exit_status: status }) => <Known value={status} />, wide: true, align: "right", width: 110 },
];

function JobCell({ id, name, message, nominal_time: at }: CronRun) {
  return (
    <>
      <Anchor component={Link} to={`/cron/${id}`} size="sm" fw={550}>{name}</Anchor>
      {message && <Text size="xs" c="var(--text-faint)" lineClamp={1} title={message}>{message}</Text>}
      <Text size="xs" c="var(--text-faint)" hiddenFrom="sm"><Time at={at} /></Text>
    </>
  );
}

function Known({ value }: { value: string | number | null }) {
  return <Text span inherit c={value === null ? "var(--text-faint)" : "var(--text-quiet)"}>{value ?? "—"}</Text>;
}
