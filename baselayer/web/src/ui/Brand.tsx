import { Group, Image, Text } from "@mantine/core";

import mark from "@/icon.svg";

export function Brand({ size = 24 }: { size?: number }) {
  return (
    <Group gap={9} wrap="nowrap">
      <Image src={mark} w={size} h={size} alt="" />
      <Text fw={680} fz={size * 0.7} lts="-0.015em">baselayer</Text>
    </Group>
  );
}
