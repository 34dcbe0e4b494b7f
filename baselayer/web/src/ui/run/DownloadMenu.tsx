import { Button, Menu, Text } from "@mantine/core";

import { downloadAddress, FORMATS } from "@/api/runs";
import type { Run } from "@/api/types";
import { count } from "@/ui/format";
import { IconChevron, IconDownload } from "@/ui/icons";

/** The stored result as a file: a plain link, so that the browser streams it to disk. */
export function DownloadMenu({ run }: { run: Run }) {
  return (
    <Menu position="bottom-end" shadow="md" width={220}>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconDownload size={15} />} rightSection={<IconChevron size={14} />}>
          Download
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {run.truncated ? `The ${count(run.rows ?? 0)} rows stored, not all` : `All ${count(run.rows ?? 0)} rows`}
        </Menu.Label>
        {FORMATS.map(({ format, label, hint }) => (
          <Menu.Item
            key={format}
            component="a"
            href={downloadAddress(run.id, format)}
            download={`${run.id}.${format}`}
            rightSection={<Text size="xs" c="var(--text-faint)">{hint}</Text>}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
