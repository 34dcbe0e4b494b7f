import { ActionIcon, Button, Group, Modal, Stack, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";

import { ErrorNote } from "./ErrorNote";
import { IconTrash } from "./icons";

interface Props {
  /** What is deleted, as in `Delete the token “ci”?` */
  what: string;
  /** What that means for others. */
  consequence: string;
  verb?: string;
  compact?: boolean;
  onDelete: () => Promise<unknown>;
  busy: boolean;
  error: unknown;
}

/** Asks once more before something is gone. */
export function DeleteButton({ what, consequence, verb = "Delete", compact, onDelete, busy, error }: Props) {
  const [opened, { open, close }] = useDisclosure();
  const confirm = () => onDelete().then(close, () => undefined); // the dialogue shows the error
  return (
    <>
      {compact ? (
        <Tooltip label={verb}>
          <ActionIcon aria-label={`${verb} ${what}`} onClick={open}>
            <IconTrash size={17} />
          </ActionIcon>
        </Tooltip>
      ) : (
        <Button variant="default" c="red" leftSection={<IconTrash size={16} />} onClick={open}>
          {verb}
        </Button>
      )}
      <Modal opened={opened} onClose={close} title={`${verb} ${what}?`}>
        <Stack>
          <Text size="sm">{consequence}</Text>
          <ErrorNote error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>Keep</Button>
            <Button color="red" loading={busy} onClick={() => void confirm()} data-autofocus>{verb}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
