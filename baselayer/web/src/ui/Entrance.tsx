import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { Brand } from "./Brand";
import classes from "./Entrance.module.css";
import { useTitle } from "./Page";

/** The frame of what is seen before logging in. */
export function Entrance({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  useTitle(title);
  return (
    <Center component="main" className={classes.page} p="md">
      <Stack w="100%" maw={380} gap="lg">
        <Center><Brand size={32} /></Center>
        <Paper withBorder radius="lg" p="xl" shadow="sm" className={classes.card}>
          <Title order={1} fz={19}>{title}</Title>
          <Text size="sm" c="var(--text-quiet)" mt={4} mb="lg">{lead}</Text>
          {children}
        </Paper>
        <Text size="xs" c="var(--text-faint)" ta="center">Share access to data, not its passwords.</Text>
      </Stack>
    </Center>
  );
}
