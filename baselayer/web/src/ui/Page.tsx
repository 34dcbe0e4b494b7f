import { Anchor, Box, Group, Stack, Text, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { Link } from "react-router";

import { IconBack } from "./icons";

interface Props {
  title: string;
  lead?: ReactNode;
  back?: { to: string; label: string };
  actions?: ReactNode;
  width?: number;
  children: ReactNode;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · baselayer`;
  }, [title]);
}

const WIDEST_PX = 1120;

/** A page with a heading, what can be done here, and its content; all begin at the same left edge. */
export function Page({ title, lead, back, actions, width = WIDEST_PX, children }: Props) {
  useTitle(title);
  return (
    <Box component="main" id="content" w="100%" maw={WIDEST_PX} mx="auto" px={{ base: "md", sm: "xl" }} py="lg">
      {back && (
        <Anchor component={Link} to={back.to} size="sm" c="var(--text-quiet)" underline="hover">
          <Group gap={2} component="span">
            <IconBack size={16} /> {back.label}
          </Group>
        </Anchor>
      )}
      <Group justify="space-between" align="flex-end" mb="lg" mt={back ? 6 : 0} gap="sm">
        <Stack gap={2} style={{ minWidth: 0, flex: "1 1 300px" }}>
          <Title order={1} style={{ overflowWrap: "anywhere" }}>
            {title}
          </Title>
          {lead && (
            <Text size="sm" c="var(--text-quiet)" component="div">
              {lead}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      <Box maw={width}>{children}</Box>
    </Box>
  );
}
