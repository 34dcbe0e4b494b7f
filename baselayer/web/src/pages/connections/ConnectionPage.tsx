import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { Link, useNavigate, useParams } from "react-router";

import { useConnection, useDeleteConnection } from "@/api/connections";
import { useMay } from "@/api/session";
import type { Connection } from "@/api/types";
import { useUsernames } from "@/api/users";
import { DeleteButton } from "@/ui/DeleteButton";
import { ErrorNote } from "@/ui/ErrorNote";
import { IconShare, IconTerminal } from "@/ui/icons";
import { Loading } from "@/ui/Loading";
import { Page } from "@/ui/Page";
import { ShareDialogue } from "@/ui/share/ShareDialogue";
import { useMayShare } from "@/ui/share/useMayShare";

import { ConnectionFacts } from "./ConnectionFacts";
import { ConnectionForm } from "./ConnectionForm";
import { ConnectionTest } from "./ConnectionTest";
import { nameOf, placeOf } from "./engines";

const BACK = { to: "/connections", label: "Connections" };

export default function ConnectionPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useConnection(id);
  if (error) return <Page title="Connection" back={BACK}><ErrorNote error={error} onRetry={() => void refetch()} /></Page>;
  if (!data) return <Page title="Connection" back={BACK} width={720}><Loading /></Page>;
  return <Shown key={data.id} connection={data} />;
}

function Shown({ connection }: { connection: Connection }) {
  const owner = useUsernames().get(connection.owner_id);
  const mayUpdate = useMay("Manage connections") && connection.can.includes("update");
  const lead = `${nameOf(connection.engine)} · ${placeOf(connection)}${owner ? ` · owned by ${owner}` : ""}`;
  const saved = () => notifications.show({ message: "The connection is saved.", color: "teal" });
  return (
    <Page title={connection.name} lead={lead} width={720} back={BACK} actions={<Actions connection={connection} />}>
      {connection.can.includes("run") && <ConnectionTest id={connection.id} />}
      {mayUpdate ? <ConnectionForm connection={connection} onSaved={saved} /> : <ConnectionFacts connection={connection} />}
    </Page>
  );
}

function Actions({ connection }: { connection: Connection }) {
  const { id, name, can } = connection;
  const [sharing, { open, close }] = useDisclosure();
  const navigate = useNavigate();
  const remove = useDeleteConnection(id);
  const mayShare = useMayShare(connection.owner_id, "Manage connections");
  const mayDelete = useMay("Manage connections") && can.includes("delete");
  return (
    <>
      {mayDelete && (
        <DeleteButton
          what={`the connection “${name}”`}
          consequence="Its queries, its runs and their results go with it, for everyone it is shared with."
          onDelete={() => remove.mutateAsync().then(() => navigate("/connections"))}
          busy={remove.isPending}
          error={remove.error}
        />
      )}
      {mayShare && <Button variant="default" leftSection={<IconShare size={16} />} onClick={open}>Share</Button>}
      {can.includes("run") && (
        <Button component={Link} to={`/?connection=${id}`} leftSection={<IconTerminal size={16} />}>Write SQL</Button>
      )}
      {sharing && <ShareDialogue noun="connections" id={id} name={name} onClose={close} />}
    </>
  );
}
