import { Alert, Button, Checkbox, Code, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { useCaller } from "@/api/session";
import { useCreateToken } from "@/api/tokens";
import type { TokenCreated } from "@/api/types";
import { Copy } from "@/ui/Copy";
import { ErrorNote } from "@/ui/ErrorNote";
import { IconWarning } from "@/ui/icons";

const DAY_MS = 86_400_000;
const LIFETIMES = [
  { value: "", label: "The server’s default" },
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
];

/** Makes a token; then shows its value, this once. */
export function NewToken({ onClose }: { onClose: () => void }) {
  const create = useCreateToken();
  const title = create.data ? "Copy the token now" : "New token";
  return (
    <Modal opened onClose={onClose} title={title} closeOnClickOutside={!create.data} closeOnEscape={!create.data}>
      {create.data ? <Made token={create.data} onClose={onClose} /> : <Form create={create} onClose={onClose} />}
    </Modal>
  );
}

function Made({ token, onClose }: { token: TokenCreated; onClose: () => void }) {
  return (
    <Stack>
      <Alert color="orange" icon={<IconWarning />}>This is the only time that it is shown. Keep it like a password.</Alert>
      <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }} data-testid="token">{token.value}</Code>
      <Group justify="flex-end">
        <Copy value={token.value} label="Copy the token" />
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}

function Form({ create, onClose }: { create: ReturnType<typeof useCreateToken>; onClose: () => void }) {
  const { permissions } = useCaller();
  const given = permissions.filter((permission) => permission === "Run queries");
  const form = useForm({ initialValues: { name: "", permissions: given, days: "" } });
  const submit = ({ name, permissions: chosen, days }: typeof form.values) => {
    const expiry = days ? new Date(Date.now() + Number(days) * DAY_MS).toISOString() : null;
    create.mutate({ name, permissions: chosen, expires_at: expiry });
  };
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack>
        <TextInput label="Name" description="What will use it." required data-autofocus {...form.getInputProps("name")} />
        <Checkbox.Group label="Permissions" description="Without any it may only read what you may read." {...form.getInputProps("permissions")}>
          <Stack gap={8} mt="xs">
            {permissions.map((permission) => <Checkbox key={permission} value={permission} label={permission} />)}
          </Stack>
        </Checkbox.Group>
        <Select label="Good for" allowDeselect={false} data={LIFETIMES} {...form.getInputProps("days")} />
        <ErrorNote error={create.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={create.isPending}>Make the token</Button>
        </Group>
      </Stack>
    </form>
  );
}
