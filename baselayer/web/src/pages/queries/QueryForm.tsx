import { Button, Group, Modal, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";

import { useUpdateQuery } from "@/api/queries";
import type { Query } from "@/api/types";
import { ErrorNote } from "@/ui/ErrorNote";

/** What a query is called; its text is changed in the workspace. */
export function QueryForm({ query, onClose }: { query: Query; onClose: () => void }) {
  const update = useUpdateQuery();
  const { name, description, tags } = query;
  const form = useForm({ initialValues: { name, description, tags } });
  const submit = (values: typeof form.values) =>
    update.mutateAsync({ id: query.id, ...values }).then(onClose, () => undefined);
  return (
    <Modal opened onClose={onClose} title="Name and description">
      <form onSubmit={form.onSubmit((values) => void submit(values))}>
        <Stack gap="sm">
          <TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
          <Textarea label="Description" autosize minRows={2} {...form.getInputProps("description")} />
          <TagsInput label="Tags" {...form.getInputProps("tags")} />
          <ErrorNote error={update.error} />
          <Group justify="flex-end" mt="xs">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={update.isPending}>Save</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
