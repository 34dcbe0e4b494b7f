import { Anchor, Button, Group as Row, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { Link, useNavigate } from "react-router";

import { useCreateGroup } from "@/api/groups";
import { usePages } from "@/api/lists";
import { useMay } from "@/api/session";
import type { Group } from "@/api/types";
import { ErrorNote } from "@/ui/ErrorNote";
import { IconPlus, IconUsers } from "@/ui/icons";
import { ListTable, type ListColumn } from "@/ui/ListTable";
import { Page } from "@/ui/Page";
import { isEmpty, Paged } from "@/ui/Paged";
import { Time } from "@/ui/Time";

const COLUMNS: ListColumn<Group>[] = [
  { title: "Name", cell: NameCell, width: "40%" },
  { title: "Description", cell: ({ description }) => <Text size="sm" c="var(--text-quiet)" lineClamp={1}>{description ?? "—"}</Text>, wide: true },
  { title: "Made", cell: ({ created_at: at }) => <Time at={at} c="var(--text-quiet)" />, align: "right", width: 120 },
];

export default function GroupsPage() {
  const pages = usePages<Group>("groups");
  const [making, { open, close }] = useDisclosure();
  const create = useMay("Manage groups") && (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>New group</Button>
  );
  return (
    <Page title="Groups" lead="People with whom connections and queries are shared." width={880} actions={!isEmpty(pages) && create}>
      <Paged pages={pages} icon={<IconUsers size={24} />} title="You are in no group yet" hint="Connections and queries are shared with groups. An admin of one adds you." action={create}>
        {(items) => <ListTable label="Groups" items={items} keyOf={({ id }) => id} columns={COLUMNS} />}
      </Paged>
      {making && <NewGroup onClose={close} />}
    </Page>
  );
}

function NameCell({ id, name }: Group) {
  return <Anchor component={Link} to={`/groups/${id}`} fw={550} size="sm">{name}</Anchor>;
}

function NewGroup({ onClose }: { onClose: () => void }) {
  const create = useCreateGroup();
  const navigate = useNavigate();
  const form = useForm({ initialValues: { name: "", description: "" } });
  const submit = async ({ name, description }: typeof form.values) => {
    const made = (await create.mutateAsync({ name, description: description || null })) as Group;
    await navigate(`/groups/${made.id}`);
  };
  return (
    <Modal opened onClose={onClose} title="New group">
      <form onSubmit={form.onSubmit((values) => void submit(values).catch(() => undefined))}>
        <Stack gap="sm">
          <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
          <Textarea label="Description" autosize minRows={2} {...form.getInputProps("description")} />
          <ErrorNote error={create.error} />
          <Row justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={create.isPending}>Make the group</Button>
          </Row>
        </Stack>
      </form>
    </Modal>
  );
}
