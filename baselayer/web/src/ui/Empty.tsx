import { Box, Center, Stack, Text, ThemeIcon } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Nothing here yet, why, and what to do about it. */
export function Empty({ icon, title, children, action }: Props) {
  return (
    <Center mih={220} p="xl" style={{ flex: 1 }}>
      <Stack align="center" gap="xs" maw={420}>
        <ThemeIcon size={48} radius="xl" variant="light" aria-hidden>
          {icon}
        </ThemeIcon>
        <Text fw={600} ta="center" mt={4}>
          {title}
        </Text>
        {children && (
          <Text size="sm" c="var(--text-quiet)" ta="center">
            {children}
          </Text>
        )}
        {action && <Box mt={6}>{action}</Box>}
      </Stack>
    </Center>
  );
}
