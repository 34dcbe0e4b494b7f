import { ActionIcon, Group, Select, Text } from "@mantine/core";

import type { Share } from "@/api/types";
import { IconClose, IconUsers } from "@/ui/icons";

import classes from "./share.module.css";

const LEVELS = {
  connections: [
    { value: "see", label: "may see it" },
    { value: "run", label: "may run SQL on it" },
    { value: "update", label: "may run and change it" },
  ],
  queries: [
    { value: "see", label: "may see it" },
    { value: "update", label: "may see and change it" },
  ],
};

interface Props {
  noun: keyof typeof LEVELS;
  share: Share;
  name: string;
  onChange: (share: Share) => void;
  onRemove: () => void;
}

export function ShareLine({ noun, share, name, onChange, onRemove }: Props) {
  const level = share.can_update ? "update" : share.can_run && noun === "connections" ? "run" : "see";
  const set = (value: string | null) =>
    onChange({ ...share, can_run: value === "run" || value === "update", can_update: value === "update" });
  return (
    <Group component="li" className={classes.line} wrap="nowrap">
      <IconUsers size={18} />
      <Text size="sm" fw={550} truncate style={{ flex: 1 }}>{name}</Text>
      <Select w={190} size="xs" aria-label={`What members of ${name} may do`} allowDeselect={false} data={LEVELS[noun]} value={level} onChange={set} />
      <ActionIcon aria-label={`Stop sharing with ${name}`} onClick={onRemove}><IconClose size={16} /></ActionIcon>
    </Group>
  );
}
