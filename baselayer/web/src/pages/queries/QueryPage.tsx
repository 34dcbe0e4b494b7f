import { Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, useNavigate, useParams } from "react-router";

import { useConnections } from "@/api/connections";
import { useDeleteQuery, useSavedQuery } from "@/api/queries";
import { useStartRun } from "@/api/runs";
import { useMay } from "@/api/session";
import type { Query } from "@/api/types";
import { useUsernames } from "@/api/users";
import { DeleteButton } from "@/ui/DeleteButton";
import { ErrorNote } from "@/ui/ErrorNote";
import { IconPencil, IconPlay, IconShare, IconTerminal } from "@/ui/icons";
import { Loading } from "@/ui/Loading";
import { Page } from "@/ui/Page";
import { ShareDialogue } from "@/ui/share/ShareDialogue";
import { useMayShare } from "@/ui/share/useMayShare";
import { Sql } from "@/ui/Sql";
import { Time } from "@/ui/Time";

import { QueryForm } from "./QueryForm";

const BACK = { to: "/queries", label: "Queries" };

export default function QueryPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useSavedQuery(id);
  if (error) return <Page title="Query" back={BACK}><ErrorNote error={error} onRetry={() => void refetch()} /></Page>;
  if (!data) return <Page title="Query" back={BACK} width={880}><Loading /></Page>;
  return <Shown query={data} />;
}

function Shown({ query }: { query: Query }) {
  const owner = useUsernames().get(query.owner_id);
  const connection = useConnections().data?.find(({ id }) => id === query.connection_id);
  const run = useStartRun();
  const navigate = useNavigate();
  const mayRun = useMay("Run queries") && (connection?.can.includes("run") ?? false);
  const start = async () => {
    const asked = { sql: query.text, connectionId: query.connection_id, limitRows: query.limit_rows, queryId: query.id };
    const { id } = await run.mutateAsync(asked);
    await navigate(`/runs/${id}`);
  };
  const lead = (
    <>
      On {connection?.name ?? "a connection that you may not see"}
      {owner && ` · owned by ${owner}`} · changed <Time at={query.modified} />
    </>
  );
  return (
    <Page title={query.name} lead={lead} width={880} back={BACK} actions={<Actions query={query} />}>
      <Stack>
        {query.description && <Text size="sm">{query.description}</Text>}
        <Sql text={query.text} most={440} />
        <ErrorNote error={run.error} />
        <div>
          <Button leftSection={<IconPlay size={16} />} disabled={!mayRun} loading={run.isPending} onClick={() => void start().catch(() => undefined)}>
            Run
          </Button>
          {connection && !mayRun && (
            <Text size="xs" c="var(--text-faint)" mt={6}>You may see this query but not run SQL on its connection.</Text>
          )}
        </div>
      </Stack>
    </Page>
  );
}

function Actions({ query }: { query: Query }) {
  const [sharing, share] = useDisclosure();
  const [editing, edit] = useDisclosure();
  const navigate = useNavigate();
  const remove = useDeleteQuery(query.id);
  const mayManage = useMay("Run queries");
  const mayShare = useMayShare(query.owner_id, "Run queries");
  return (
    <>
      {mayManage && query.can.includes("delete") && (
        <DeleteButton
          what={`the query “${query.name}”`}
          consequence="Everyone it is shared with loses it. Runs that were made with it stay."
          onDelete={() => remove.mutateAsync().then(() => navigate("/queries"))}
          busy={remove.isPending}
          error={remove.error}
        />
      )}
      {mayShare && <Button variant="default" leftSection={<IconShare size={16} />} onClick={share.open}>Share</Button>}
      {mayManage && query.can.includes("update") && (
        <Button variant="default" leftSection={<IconPencil size={16} />} onClick={edit.open}>Rename</Button>
      )}
      <Button component={Link} to={`/?query=${query.id}`} variant="light" leftSection={<IconTerminal size={16} />}>Open in workspace</Button>
      {sharing && <ShareDialogue noun="queries" id={query.id} name={query.name} onClose={share.close} />}
      {editing && <QueryForm query={query} onClose={edit.close} />}
    </>
  );
}
