import { Badge, Code, SegmentedControl, Text } from "@mantine/core";
import { useState } from "react";

import { useAudit } from "@/api/audit";
import type { AuditLine } from "@/api/types";
import { useUsernames } from "@/api/users";
import { Empty } from "@/ui/Empty";
import { ErrorNote } from "@/ui/ErrorNote";
import { IconAudit } from "@/ui/icons";
import { ListTable, type ListColumn } from "@/ui/ListTable";
import { Loading } from "@/ui/Loading";
import { More } from "@/ui/More";
import { Page } from "@/ui/Page";
import { Time } from "@/ui/Time";

const OUTCOMES = [
  { value: "", label: "All" },
  { value: "allowed", label: "Allowed" },
  { value: "refused", label: "Refused" },
  { value: "failed", label: "Failed" },
];
const COLOURS: Record<string, string> = { allowed: "teal", refused: "orange", failed: "red" };

export default function AuditPage() {
  const [outcome, setOutcome] = useState("");
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useAudit(outcome || null);
  const lines = data?.pages.flatMap((page) => page.items);
  const names = useUsernames();
  const filter = <SegmentedControl size="xs" aria-label="Outcome" data={OUTCOMES} value={outcome} onChange={setOutcome} />;
  return (
    <Page title="Audit" lead="Who did what, and what was refused. Nothing here can be changed." actions={filter}>
      <ErrorNote error={error} onRetry={() => void refetch()} />
      {!lines && !error && <Loading />}
      {lines?.length === 0 && <Empty icon={<IconAudit size={24} />} title="Nothing of that kind">Acts and refusals are listed as they happen.</Empty>}
      {lines && lines.length > 0 && (
        <ListTable label="Audit" items={lines} keyOf={({ id }) => id} columns={columns(names)} />
      )}
      <More hasMore={hasNextPage} busy={isFetchingNextPage} onMore={() => void fetchNextPage()} />
    </Page>
  );
}

function columns(names: Map<number, string>): ListColumn<AuditLine>[] {
  const nameOf = ({ user_id: user }: AuditLine) => (user === null ? "—" : (names.get(user) ?? `user ${user}`));
  const who = (line: AuditLine) => (
    <>
      {nameOf(line)}
      {line.token_id !== null && <Text span size="xs" c="var(--text-faint)"> token {line.token_id}</Text>}
    </>
  );
  return [
    { title: "Act", cell: (line) => <ActCell line={line} who={nameOf(line)} />, width: "46%" },
    { title: "Outcome", cell: ({ outcome }) => <Badge color={COLOURS[outcome] ?? "gray"}>{outcome}</Badge>, width: 110 },
    { title: "Who", cell: who, wide: true },
    { title: "From", cell: ({ address }) => address ?? "—", wide: true },
    { title: "When", cell: ({ created_at: at }) => <Time at={at} c="var(--text-quiet)" />, align: "right", width: 110, wide: true },
  ];
}

function ActCell({ line, who }: { line: AuditLine; who: string }) {
  const { created_at: at, action, code, object_type: type, object_id: id } = line;
  const told = inWords(line.details);
  return (
    <>
      <Code bg="transparent" p={0} fz={12.5}>{action}</Code>
      <Text size="xs" c="var(--text-faint)" lineClamp={2} title={told}>
        {[code, type && `${type} ${id ?? ""}`, told].filter(Boolean).join(" · ")}
      </Text>
      <Text size="xs" c="var(--text-faint)" hiddenFrom="sm">{who} · <Time at={at} /></Text>
    </>
  );
}

function inWords(details: AuditLine["details"]): string {
  const given = Object.entries(details).filter(([, value]) => value !== null);
  const told = ([name, value]: [string, unknown]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`;
  return given.map(told).join(", ");
}
