import { Anchor, Button, Code, Text } from "@mantine/core";
import { Link } from "react-router";

import { usePages } from "@/api/lists";
import { useConnectionNames } from "@/api/names";
import { isActive } from "@/api/runs";
import type { Run } from "@/api/types";
import { count, duration, oneLine } from "@/ui/format";
import { IconClock, IconTerminal } from "@/ui/icons";
import { ListTable, type ListColumn } from "@/ui/ListTable";
import { Page } from "@/ui/Page";
import { Paged } from "@/ui/Paged";
import { secondsOf } from "@/ui/run/ResultBar";
import { StateBadge } from "@/ui/StateBadge";
import { Time } from "@/ui/Time";
import { useRefresh } from "@/ui/useRefresh";


export default function RunsPage() {
  const pages = usePages<Run>("runs");
  const connections = useConnectionNames();
  const runs = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  useRefresh(runs.some(isActive), pages.refetch);
  return (
    <Page title="Runs" lead="What was run, newest first. Results are kept, and judged anew each time they are opened.">
      <Paged
        pages={pages}
        icon={<IconClock size={24} />}
        title="Nothing has run yet"
        hint="Every statement that you run is listed here, with its result."
        action={<Button component={Link} to="/" leftSection={<IconTerminal size={16} />}>To the workspace</Button>}
      >
        {(items) => <ListTable label="Runs" items={items} keyOf={({ id }) => id} columns={columns(connections)} />}
      </Paged>
    </Page>
  );
}

function columns(connections: Map<string, string>): ListColumn<Run>[] {
  return [
    { title: "Statement", cell: StatementCell, width: "44%" },
    { title: "State", cell: ({ state }) => <StateBadge state={state} />, width: 130 },
    { title: "Connection", cell: ({ connection_id: id }) => (id && connections.get(id)) ?? "—", wide: true },
    { title: "Rows", cell: RowsCell, wide: true, align: "right", width: 110 },
    { title: "Took", cell: TookCell, wide: true, align: "right", width: 90 },
    { title: "When", cell: ({ created_at: at }) => <Time at={at} c="var(--text-quiet)" />, wide: true, align: "right", width: 110 },
  ];
}

function StatementCell({ id, text, source, created_at: at }: Run) {
  return (
    <>
      <Anchor component={Link} to={`/runs/${id}`} size="xs" lineClamp={1} title={text}>
        <Code bg="transparent" p={0} c="inherit" fz={12.5}>{oneLine(text)}</Code>
      </Anchor>
      <Text size="xs" c="var(--text-faint)" hiddenFrom="sm"><Time at={at} /> · {source}</Text>
    </>
  );
}

function RowsCell({ rows, truncated }: Run) {
  if (rows === null) return <Text span c="var(--text-faint)">—</Text>;
  return <>{count(rows)}{truncated && <Text span c="orange" title="Not all: truncated"> +</Text>}</>;
}

function TookCell(run: Run) {
  const seconds = secondsOf(run);
  return <Text span inherit c="var(--text-quiet)">{seconds === null ? "—" : duration(seconds)}</Text>;
}
