import { Box, Text } from "@mantine/core";

import type { RowsPage } from "@/api/types";
import { Empty } from "@/ui/Empty";
import { ErrorNote } from "@/ui/ErrorNote";
import { IconCheck } from "@/ui/icons";
import { Loading } from "@/ui/Loading";

import { GridView } from "./GridView";
import { useFirstPage } from "./useRowPages";

interface Props {
  runId: string;
  /** For a statement that changed rows instead of returning them. */
  affectedRows: number | null;
}

/** The rows of a stored result. */
export function ResultGrid({ runId, affectedRows }: Props) {
  const { data, error, refetch } = useFirstPage(runId);
  if (error) return <Box p="md"><ErrorNote error={error} onRetry={() => void refetch()} /></Box>;
  if (!data) return <Box px="md"><Loading lines={8} height={14} /></Box>;
  if (data.columns.length === 0) return <NoColumns affectedRows={affectedRows} />;
  return <GridOf key={runId} runId={runId} page={data} />;
}

function GridOf({ runId, page }: { runId: string; page: RowsPage }) {
  return (
    <>
      <GridView runId={runId} page={page} />
      {page.total === 0 && (
        <Text size="sm" c="var(--text-quiet)" ta="center" p="lg" style={{ flex: "1 0 auto" }}>
          The statement ran and returned no rows.
        </Text>
      )}
    </>
  );
}

function NoColumns({ affectedRows }: { affectedRows: number | null }) {
  return (
    <Empty icon={<IconCheck size={24} />} title="Done">
      {affectedRows === null ? "The statement ran; it returns no rows." : `Rows changed: ${affectedRows}.`}
    </Empty>
  );
}
