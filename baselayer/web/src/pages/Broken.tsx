import { Button } from "@mantine/core";

import { Empty } from "@/ui/Empty";
import { IconWarning } from "@/ui/icons";

/** Shown instead of a page that failed: also when the server has a newer one than is open here. */
export function Broken() {
  return (
    <Empty
      icon={<IconWarning size={24} />}
      title="This page could not be drawn"
      action={<Button mt="xs" onClick={() => location.reload()}>Load it again</Button>}
    >
      The server may have been updated meanwhile. What you wrote in the workspace is kept.
    </Empty>
  );
}
