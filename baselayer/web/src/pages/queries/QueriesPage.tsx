import { Anchor, Badge, Button, Group, Text } from "@mantine/core";
import { Link } from "react-router";

import { usePages } from "@/api/lists";
import { useConnectionNames } from "@/api/names";
import type { Query } from "@/api/types";
import { useUsernames } from "@/api/users";
import { IconBookmark, IconTerminal } from "@/ui/icons";
import { ListTable, type ListColumn } from "@/ui/ListTable";
import { Page } from "@/ui/Page";
import { isEmpty, Paged } from "@/ui/Paged";
import { Time } from "@/ui/Time";

export default function QueriesPage() {
  const pages = usePages<Query>("queries");
  const owners = useUsernames();
  const connections = useConnectionNames();
  const write = <Button component={Link} to="/" leftSection={<IconTerminal size={16} />}>Write one</Button>;
  return (
    <Page title="Queries" lead="Statements worth keeping: yours, and those shared with you." actions={!isEmpty(pages) && write}>
      <Paged pages={pages} icon={<IconBookmark size={24} />} title="No saved queries yet" hint="Write a statement in the workspace and save it with Ctrl S, or ⌘ S." action={write}>
        {(items) => <ListTable label="Queries" items={items} keyOf={({ id }) => id} columns={columns(owners, connections)} />}
      </Paged>
    </Page>
  );
}

function columns(owners: Map<number, string>, connections: Map<string, string>): ListColumn<Query>[] {
  return [
    { title: "Name", cell: NameCell, width: "42%" },
    { title: "Connection", cell: ({ connection_id: id }) => connections.get(id) ?? "—", wide: true },
    { title: "Owner", cell: ({ owner_id: owner }) => owners.get(owner) ?? "—", wide: true },
    { title: "Changed", cell: ({ modified }) => <Time at={modified} c="var(--text-quiet)" />, wide: true },
    { title: "", cell: OpenCell, align: "right", width: 110 },
  ];
}

function NameCell({ id, name, description, tags }: Query) {
  return (
    <>
      <Group gap={6}>
        <Anchor component={Link} to={`/queries/${id}`} fw={550} size="sm">{name}</Anchor>
        {tags.map((tag) => <Badge key={tag} size="xs" color="gray" variant="default">{tag}</Badge>)}
      </Group>
      {description && <Text size="xs" c="var(--text-faint)" lineClamp={1}>{description}</Text>}
    </>
  );
}

function OpenCell({ id }: Query) {
  return <Button component={Link} to={`/?query=${id}`} size="compact-sm" variant="default">Open</Button>;
}
