import { Avatar, Badge, Button, Group as Row, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { usePutMember, useRemoveMember } from "@/api/groups";
import { useCaller } from "@/api/session";
import type { Group, Member } from "@/api/types";
import { DeleteButton } from "@/ui/DeleteButton";
import { ErrorNote } from "@/ui/ErrorNote";
import { ListTable, type ListColumn } from "@/ui/ListTable";

interface Props {
  group: Group;
  members: Member[];
  isAdmin: boolean;
}

const LEVELS = [
  { value: "member", label: "member" },
  { value: "admin", label: "admin" },
];

export function Members({ group, members, isAdmin }: Props) {
  const put = usePutMember(group.id);
  const columns: ListColumn<Member>[] = [
    { title: "Member", cell: NameCell },
    {
      title: "Level",
      width: 140,
      cell: ({ username, admin }) =>
        isAdmin ? (
          <Select size="xs" aria-label={`Level of ${username}`} allowDeselect={false} data={LEVELS} value={admin ? "admin" : "member"} onChange={(level) => put.mutate({ username, admin: level === "admin" })} />
        ) : (
          <Badge color={admin ? "lagoon" : "gray"}>{admin ? "admin" : "member"}</Badge>
        ),
    },
    { title: "", width: 64, align: "right", cell: (member) => <Leave group={group} member={member} isAdmin={isAdmin} /> },
  ];
  return (
    <Stack>
      {isAdmin && <AddMember group={group} />}
      <ErrorNote error={put.error} />
      <ListTable label="Members" items={members} keyOf={({ user_id: id }) => id} columns={columns} />
    </Stack>
  );
}

function NameCell({ username }: Member) {
  return <Row gap="sm" wrap="nowrap"><Avatar size={26} name={username} color="lagoon" /><Text size="sm" fw={550}>{username}</Text></Row>;
}

function Leave({ group, member, isAdmin }: { group: Group; member: Member; isAdmin: boolean }) {
  const { user_id: me } = useCaller();
  const remove = useRemoveMember(group.id);
  const isMe = member.user_id === me;
  if (!isAdmin && !isMe) return null;
  return (
    <DeleteButton
      compact
      verb={isMe ? "Leave" : "Remove"}
      what={isMe ? `the group “${group.name}”` : `${member.username} from “${group.name}”`}
      consequence="What is shared with the group can then no longer be used through it."
      onDelete={() => remove.mutateAsync(member.user_id)}
      busy={remove.isPending}
      error={remove.error}
    />
  );
}

function AddMember({ group }: { group: Group }) {
  const put = usePutMember(group.id);
  const form = useForm({ initialValues: { username: "" } });
  const submit = ({ username }: { username: string }) =>
    put.mutateAsync({ username, admin: false }).then(form.reset, () => undefined);
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))}>
      <Row align="flex-end" gap="xs">
        <TextInput label="Add a member" placeholder="User name" required style={{ flex: 1 }} {...form.getInputProps("username")} />
        <Button type="submit" loading={put.isPending}>Add</Button>
      </Row>
      <ErrorNote error={put.error} mt="sm" />
    </form>
  );
}
