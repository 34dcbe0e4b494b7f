import { Table } from "@mantine/core";

import type { Connection } from "@/api/types";
import { count } from "@/ui/format";

import { isFile } from "./engines";

type Fact = [string, string];

/** The connection, for those who may not change it. */
export function ConnectionFacts({ connection: c }: { connection: Connection }) {
  const facts: Fact[] = [
    ["Description", c.description || "—"],
    ["Tags", c.tags.join(", ") || "—"],
    ...(isFile(c.engine) ? [["File", c.database] satisfies Fact] : factsOfServer(c)),
    ["Statements", c.read_only ? "may only read" : "may change data, with the permission for it"],
    ["Time limit", `${c.timeout_seconds} s`],
    ["Most rows", c.limit_rows === null ? "the server’s setting" : count(c.limit_rows)],
  ];
  return (
    <Table variant="vertical" withTableBorder layout="fixed">
      <Table.Tbody>
        {facts.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={160}>{name}</Table.Th>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function factsOfServer(c: Connection): Fact[] {
  return [
    ["Host", `${c.host}:${c.port}`],
    ["Database", c.database],
    ["User name", c.username ?? "—"],
    ["Password", c.has_password ? "stored, and shown to nobody" : "none stored"],
    ["TLS", c.tls_mode],
  ];
}
