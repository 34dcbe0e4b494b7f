import { Button } from "@mantine/core";
import { Link } from "react-router";

import { Empty } from "@/ui/Empty";
import { IconSearch } from "@/ui/icons";

export function NotFound() {
  return (
    <Empty
      icon={<IconSearch size={24} />}
      title="There is no such page"
      action={<Button component={Link} to="/" variant="light">To the workspace</Button>}
    >
      The address may be mistyped, or what it led to is gone.
    </Empty>
  );
}
