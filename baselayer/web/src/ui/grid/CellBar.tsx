import { Button, Group, Modal, ScrollArea, Stack, Text } from "@mantine/core";

import type { Column } from "@/api/types";
import { Copy } from "@/ui/Copy";
import { count } from "@/ui/format";

import classes from "./grid.module.css";
import type { Cell } from "./useCellKeys";
import { asObject, prettyOf, tabbed, textOf, type Row } from "./values";

const SMALL = { size: "compact-xs", variant: "subtle", color: "gray", iconSize: 13 };

interface Props {
  cell: Cell;
  columns: Column[];
  row: Row | undefined;
  opened: boolean;
  onOpen: (opened: boolean) => void;
}

/** Where the chosen cell is, and what can be done with it. */
export function CellBar({ cell, columns, row, opened, onOpen }: Props) {
  const column = columns[cell.column];
  if (!column) return null;
  const value = row?.[cell.column];
  return (
    <div className={classes.bar}>
      <Text size="xs" c="var(--text-quiet)" truncate style={{ flex: 1 }}>
        Row {count(cell.row + 1)} · <b>{column.name}</b> · {column.source_type}
      </Text>
      <Group gap={4} wrap="nowrap">
        <Copy label="Copy cell" value={textOf(value)} {...SMALL} />
        <Copy label="Copy row" value={row ? tabbed(row) : ""} {...SMALL} />
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => onOpen(true)}>Open</Button>
      </Group>
      <Modal opened={opened} onClose={() => onOpen(false)} size="xl" title={`${column.name}, row ${count(cell.row + 1)}`}>
        <Stack>
          <ScrollArea.Autosize mah="60vh" className={classes.value}>
            <pre>{value === null ? "NULL" : prettyOf(value)}</pre>
          </ScrollArea.Autosize>
          <Group justify="flex-end" gap="xs">
            <Copy label="Copy row as JSON" value={row ? asObject(columns, row) : ""} />
            <Copy label="Copy value" value={textOf(value)} />
          </Group>
        </Stack>
      </Modal>
    </div>
  );
}
