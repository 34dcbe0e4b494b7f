import { ActionIcon, AppShell, Burger, Group, ScrollArea, Stack, Tooltip } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { Suspense, useEffect } from "react";
import { Outlet, useLocation } from "react-router";

import { Brand } from "./Brand";
import { IconBack } from "./icons";
import { Loading } from "./Loading";
import { Navigation } from "./Navigation";
import { ProfileMenu } from "./ProfileMenu";
import classes from "./Shell.module.css";

/** The frame around every page of somebody who is logged in. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  const [narrow, setNarrow] = useLocalStorage({ key: "baselayer.navigation.narrow", defaultValue: false, getInitialValueInEffect: false });
  const { pathname } = useLocation();
  useEffect(close, [pathname]); // eslint-disable-line -- close is stable in what it does
  const width = narrow ? 60 : 204;
  return (
    <AppShell
      header={{ height: { base: 48, sm: 0 } }}
      navbar={{ width, breakpoint: "sm", collapsed: { mobile: !opened } }}
      transitionDuration={120}
    >
      <a className="skip" href="#content">Skip to content</a>
      <AppShell.Header hiddenFrom="sm" className={classes.header}>
        <Group h="100%" px="md" gap="sm">
          <Burger opened={opened} onClick={toggle} size="sm" aria-label="Navigation" />
          <Brand size={22} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} data-narrow={narrow || undefined}>
        <Group visibleFrom="sm" className={classes.top} wrap="nowrap">
          <Brand />
          <Tooltip label={narrow ? "Show names" : "Only icons"} position="right">
            <ActionIcon className={classes.fold} size="sm" aria-label={narrow ? "Show names" : "Only icons"} onClick={() => setNarrow(!narrow)}>
              <IconBack size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
        <ScrollArea style={{ flex: 1 }}>
          <Navigation narrow={narrow} />
        </ScrollArea>
        <ProfileMenu />
      </AppShell.Navbar>
      <AppShell.Main className={classes.main}>
        <Suspense fallback={<Stack p="xl"><Loading /></Stack>}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
    </AppShell>
  );
}
