import { Button, Center } from "@mantine/core";

interface Props {
  hasMore: boolean;
  busy: boolean;
  onMore: () => void;
}

export function More({ hasMore, busy, onMore }: Props) {
  if (!hasMore) return null;
  return (
    <Center mt="md">
      <Button variant="default" loading={busy} onClick={onMore}>Show older ones</Button>
    </Center>
  );
}
