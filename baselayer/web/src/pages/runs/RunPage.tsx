import { Anchor, Button, Group, Text, Title } from "@mantine/core";
import { Link, useParams } from "react-router";

import { useConnectionNames } from "@/api/names";
import { useSavedQuery } from "@/api/queries";
import { isActive, useCancelRun, useRun } from "@/api/runs";
import { useMay } from "@/api/session";
import type { Run } from "@/api/types";
import { ErrorNote } from "@/ui/ErrorNote";
import { oneLine } from "@/ui/format";
import { IconBack, IconStop, IconTerminal } from "@/ui/icons";
import { Loading } from "@/ui/Loading";
import { Page, useTitle } from "@/ui/Page";
import { Elapsed } from "@/ui/run/Elapsed";
import { RunResult } from "@/ui/run/RunResult";
import { Sql } from "@/ui/Sql";
import { StateBadge } from "@/ui/StateBadge";
import { Time } from "@/ui/Time";

import classes from "./RunPage.module.css";

const BACK = { to: "/runs", label: "Runs" };

export default function RunPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useRun(id);
  if (error && !data) return <Page title="Run" back={BACK}><ErrorNote error={error} onRetry={() => void refetch()} /></Page>;
  if (!data) return <Page title="Run" back={BACK}><Loading /></Page>;
  return <Shown run={data} />;
}

function Shown({ run }: { run: Run }) {
  useTitle(oneLine(run.text));
  return (
    <main id="content" className={classes.page}>
      <div className={classes.head}>
        <Anchor component={Link} to="/runs" size="sm" c="var(--text-quiet)" underline="hover">
          <Group gap={2} component="span"><IconBack size={16} /> Runs</Group>
        </Anchor>
        <Group justify="space-between" gap="sm" mt={4} mb="sm">
          <Group gap="sm">
            <Title order={1}>Run</Title>
            <StateBadge state={run.state} />
            <Facts run={run} />
          </Group>
          <Actions run={run} />
        </Group>
        <Sql text={run.text} most={150} />
      </div>
      <section className={classes.result} aria-label="Result">
        <RunResult run={run} isOwnPage />
      </section>
    </main>
  );
}

function Facts({ run }: { run: Run }) {
  const connection = useConnectionNames().get(run.connection_id ?? "");
  const { data: query } = useSavedQuery(run.query_id);
  return (
    <Text size="sm" c="var(--text-quiet)">
      {connection && `on ${connection} · `}
      {query && <>as <Anchor component={Link} to={`/queries/${query.id}`} inherit>{query.name}</Anchor> · </>}
      <Time at={run.created_at} />
    </Text>
  );
}

function Actions({ run }: { run: Run }) {
  const cancel = useCancelRun();
  const mayCancel = useMay("Run queries");
  return (
    <Group gap="xs">
      {isActive(run) && mayCancel && (
        <Button color="red" variant="light" leftSection={<IconStop size={16} />} disabled={run.state === "cancelling"} onClick={() => cancel.mutate(run.id)}>
          Cancel<span className={classes.elapsed}><Elapsed run={run} /></span>
        </Button>
      )}
      <Button component={Link} to={`/?run=${run.id}`} variant="default" leftSection={<IconTerminal size={16} />}>Open in workspace</Button>
      <ErrorNote error={cancel.error} />
    </Group>
  );
}
