import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { useSaveShares, useShares } from "@/api/connections";
import { useGroups } from "@/api/groups";
import type { Share } from "@/api/types";
import { ErrorNote } from "@/ui/ErrorNote";
import { Loading } from "@/ui/Loading";

import { ShareLine } from "./ShareLine";

interface Props {
  noun: "connections" | "queries";
  id: string;
  name: string;
  onClose: () => void;
}

/** With which groups a record is shared, and what their members may do. */
export function ShareDialogue({ noun, id, name, onClose }: Props) {
  const { data, error } = useShares(noun, id);
  return (
    <Modal opened onClose={onClose} title={`Share “${name}”`} size="lg">
      {error && <ErrorNote error={error} title="With whom it is shared could not be read" />}
      {!data && !error && <Loading lines={3} />}
      {data && <ShareForm noun={noun} id={id} before={data.groups} onClose={onClose} />}
    </Modal>
  );
}

function ShareForm({ noun, id, before, onClose }: Omit<Props, "name"> & { before: Share[] }) {
  const [shares, setShares] = useState(before);
  const { data: groups = [] } = useGroups();
  const save = useSaveShares(noun, id);
  const names = new Map(groups.map((group) => [group.id, group.name]));
  const others = groups.filter((group) => !shares.some(({ group_id: shared }) => shared === group.id));
  const add = (value: string | null) =>
    value && setShares([...shares, { group_id: Number(value), can_run: true, can_update: false }]);
  const change = (changed: Share) =>
    setShares(shares.map((share) => (share.group_id === changed.group_id ? changed : share)));
  const submit = () => {
    const asked = noun === "connections" ? shares : shares.map(({ group_id, can_update }) => ({ group_id, can_update }));
    save.mutateAsync(asked).then(onClose, () => undefined);
  };
  return (
    <Stack>
      <Select
        label="Add a group"
        placeholder={others.length ? "Choose one of your groups" : "It is shared with all of your groups"}
        searchable
        disabled={others.length === 0}
        value={null}
        onChange={add}
        data={others.map((group) => ({ value: String(group.id), label: group.name }))}
      />
      {shares.length === 0 && <Text size="sm" c="var(--text-quiet)">Shared with nobody: only its owner sees it.</Text>}
      <Stack gap={0} component="ul" p={0} m={0}>
        {shares.map((share) => (
          <ShareLine
            key={share.group_id}
            noun={noun}
            share={share}
            name={names.get(share.group_id) ?? `Group ${share.group_id}`}
            onChange={change}
            onRemove={() => setShares(shares.filter((kept) => kept !== share))}
          />
        ))}
      </Stack>
      <ErrorNote error={save.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>Cancel</Button>
        <Button onClick={submit} loading={save.isPending}>Save</Button>
      </Group>
    </Stack>
  );
}
