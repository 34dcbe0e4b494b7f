import { Anchor, Badge, Button, Group, Text } from "@mantine/core";
import { Link } from "react-router";

import { usePages } from "@/api/lists";
import { useMay } from "@/api/session";
import type { Connection } from "@/api/types";
import { useUsernames } from "@/api/users";
import { IconDatabase, IconPlus, IconTerminal } from "@/ui/icons";
import { ListTable, type ListColumn } from "@/ui/ListTable";
import { Page } from "@/ui/Page";
import { isEmpty, Paged } from "@/ui/Paged";
import { Time } from "@/ui/Time";

import { isFile, nameOf } from "./engines";

export default function ConnectionsPage() {
  const pages = usePages<Connection>("connections");
  const owners = useUsernames();
  const mayMake = useMay("Manage connections");
  const create = mayMake && (
    <Button component={Link} to="/connections/new" leftSection={<IconPlus size={16} />}>New connection</Button>
  );
  return (
    <Page title="Connections" lead="Databases that you can reach here, without knowing their passwords." actions={!isEmpty(pages) && create}>
      <Paged
        pages={pages}
        icon={<IconDatabase size={24} />}
        title="No connections yet"
        hint={
          mayMake
            ? "Say where a database is and with which password, once. Then share it with a group."
            : "Ask a colleague to share one with a group that you are in."
        }
        action={create}
      >
        {(items) => <ListTable label="Connections" items={items} keyOf={({ id }) => id} columns={columns(owners)} />}
      </Paged>
    </Page>
  );
}

function columns(owners: Map<number, string>): ListColumn<Connection>[] {
  return [
    { title: "Name", cell: NameCell, width: "36%" },
    { title: "Where", cell: WhereCell, wide: true, width: "28%" },
    { title: "Owner", cell: ({ owner_id: owner }) => owners.get(owner) ?? "—", wide: true },
    { title: "Changed", cell: ({ modified }) => <Time at={modified} c="var(--text-quiet)" />, wide: true },
    { title: "", cell: OpenCell, align: "right", width: 130 },
  ];
}

function WhereCell({ engine, host, database }: Connection) {
  return <Text size="sm" c="var(--text-quiet)">{nameOf(engine)} · {isFile(engine) ? database : host}</Text>;
}

function NameCell({ id, name, description, tags, engine, read_only: readOnly, has_password: hasPassword }: Connection) {
  return (
    <>
      <Group gap={6}>
        <Anchor component={Link} to={`/connections/${id}`} fw={550} size="sm">{name}</Anchor>
        {!readOnly && <Badge size="xs" color="orange">writes</Badge>}
        {!hasPassword && !isFile(engine) && <Badge size="xs" color="gray">no password</Badge>}
        {tags.map((tag) => <Badge key={tag} size="xs" color="gray" variant="default">{tag}</Badge>)}
      </Group>
      {description && <Text size="xs" c="var(--text-faint)" lineClamp={1}>{description}</Text>}
    </>
  );
}

function OpenCell({ id, can }: Connection) {
  if (!can.includes("run")) return null;
  return (
    <Button component={Link} to={`/?connection=${id}`} size="compact-sm" variant="default" leftSection={<IconTerminal size={14} />}>
      Write SQL
    </Button>
  );
}
