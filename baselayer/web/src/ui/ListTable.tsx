import { Table } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./ListTable.module.css";

export interface ListColumn<T> {
  title: string;
  cell: (item: T) => ReactNode;
  /** Left out on a narrow screen. */
  wide?: boolean;
  align?: "right";
  width?: number | string;
}

interface Props<T> {
  label: string;
  items: T[];
  columns: ListColumn<T>[];
  keyOf: (item: T) => string | number;
}

/** A list of records; the first column holds the link to the record. */
export function ListTable<T>({ label, items, columns, keyOf }: Props<T>) {
  return (
    <div className={classes.frame}>
      <Table className={classes.table} verticalSpacing={9} horizontalSpacing="md" highlightOnHover aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.title} className={classOf(column)} style={{ width: column.width }}>
                {column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={keyOf(item)}>
              {columns.map((column) => (
                <Table.Td key={column.title} className={classOf(column)}>
                  {column.cell(item)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function classOf<T>(column: ListColumn<T>): string {
  return [column.wide && classes.wide, column.align === "right" && classes.right].filter(Boolean).join(" ");
}
