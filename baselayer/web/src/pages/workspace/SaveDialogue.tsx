import { Button, Group, Modal, Stack, TextInput, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";

import { useCreateQuery } from "@/api/queries";
import { ErrorNote } from "@/ui/ErrorNote";

import type { Tab, TabStore } from "./tabs";

export function SaveDialogue({ store, tab, onClose }: { store: TabStore; tab: Tab; onClose: () => void }) {
  const create = useCreateQuery();
  const name = tab.title.startsWith("Untitled") ? "" : tab.title;
  const form = useForm({ initialValues: { name, description: "" } });
  const submit = async (values: typeof form.values) => {
    if (tab.connectionId === null) return;
    const asked = { ...values, tags: [], connection_id: tab.connectionId, text: tab.sql, limit_rows: tab.limitRows };
    const query = await create.mutateAsync(asked);
    store.change(tab.id, { queryId: query.id, title: query.name, savedSql: query.text });
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Save as a query">
      <form onSubmit={form.onSubmit((values) => void submit(values).catch(() => undefined))}>
        <Stack gap="sm">
          <TextInput label="Name" data-autofocus required {...form.getInputProps("name")} />
          <Textarea label="Description" autosize minRows={2} {...form.getInputProps("description")} />
          <ErrorNote error={create.error} />
          <Group justify="flex-end" mt="xs">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={create.isPending}>Save</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
