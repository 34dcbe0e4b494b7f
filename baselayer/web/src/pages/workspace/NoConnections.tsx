import { Button } from "@mantine/core";
import { Link } from "react-router";

import { useMay } from "@/api/session";
import { Empty } from "@/ui/Empty";
import { IconDatabase } from "@/ui/icons";

/** The workspace of somebody who has nothing to run a statement on yet. */
export function NoConnections() {
  const mayMake = useMay("Manage connections");
  if (!mayMake) {
    return (
      <Empty icon={<IconDatabase size={24} />} title="No connection is shared with you yet">
        Ask a colleague to share one with a group that you are in. You never need its password.
      </Empty>
    );
  }
  return (
    <Empty
      icon={<IconDatabase size={24} />}
      title="Connect your first database"
      action={<Button component={Link} to="/connections/new">New connection</Button>}
    >
      Say where it is and with which password, once. Then you and those you share it with run SQL here, and
      nobody sees the password again.
    </Empty>
  );
}
