import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";

import { useDeleteToken, useTokens } from "@/api/tokens";
import type { Token } from "@/api/types";
import { DeleteButton } from "@/ui/DeleteButton";
import { Empty } from "@/ui/Empty";
import { ErrorNote } from "@/ui/ErrorNote";
import { IconKey, IconPlus } from "@/ui/icons";
import { ListTable, type ListColumn } from "@/ui/ListTable";
import { Loading } from "@/ui/Loading";
import { Page } from "@/ui/Page";
import { Time } from "@/ui/Time";

import { NewToken } from "./NewToken";

const COLUMNS: ListColumn<Token>[] = [
  { title: "Name", cell: NameCell, width: "38%" },
  { title: "Last used", cell: ({ last_used_at: at }) => <Time at={at} c="var(--text-quiet)" />, wide: true },
  { title: "Expires", cell: ({ expires_at: at }) => <Time at={at} c="var(--text-quiet)" />, width: 120 },
  { title: "", cell: (token) => <Remove token={token} />, align: "right", width: 64 },
];

export default function TokensPage() {
  const { data, error, refetch } = useTokens();
  const [making, { open, close }] = useDisclosure();
  const create = <Button leftSection={<IconPlus size={16} />} onClick={open}>New token</Button>;
  return (
    <Page title="Tokens" lead="For programs that act as you, with no more than the permissions you give them." width={880} actions={data?.length !== 0 && create}>
      <ErrorNote error={error} onRetry={() => void refetch()} />
      {!data && !error && <Loading lines={3} />}
      {data?.length === 0 && (
        <Empty icon={<IconKey size={24} />} title="No tokens yet" action={create}>
          A script or a notebook sends one as “Authorization: Bearer …” instead of your password.
        </Empty>
      )}
      {data && data.length > 0 && <ListTable label="Tokens" items={data} keyOf={({ id }) => id} columns={COLUMNS} />}
      {making && <NewToken onClose={close} />}
    </Page>
  );
}

function NameCell({ name, permissions }: Token) {
  return (
    <>
      <Text size="sm" fw={550}>{name}</Text>
      <Text size="xs" c="var(--text-faint)">{permissions.join(", ") || "may only read"}</Text>
    </>
  );
}

function Remove({ token }: { token: Token }) {
  const remove = useDeleteToken();
  return (
    <DeleteButton
      compact
      what={`the token “${token.name}”`}
      consequence="It stops working at once, wherever it is in use."
      onDelete={() => remove.mutateAsync(token.id)}
      busy={remove.isPending}
      error={remove.error}
    />
  );
}
