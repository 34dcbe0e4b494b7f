import { Avatar, Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme, VisuallyHidden, type MantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { useCaller, useLogout } from "@/api/session";

import { IconAuto, IconChevron, IconLogout, IconMoon, IconSun, IconUser } from "./icons";
import classes from "./Shell.module.css";

const SCHEMES: { value: MantineColorScheme; label: string; icon: ReactNode }[] = [
  { value: "light", label: "Light", icon: <IconSun size={16} /> },
  { value: "dark", label: "Dark", icon: <IconMoon size={16} /> },
  { value: "auto", label: "As the system", icon: <IconAuto size={16} /> },
];

function SchemePicker() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const data = SCHEMES.map(({ value, label, icon }) => ({
    value,
    label: <span title={label} className={classes.scheme}>{icon}<VisuallyHidden>{label}</VisuallyHidden></span>,
  }));
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      mx={6}
      mb={6}
      aria-label="Colours"
      value={colorScheme}
      onChange={(value) => setColorScheme(value as MantineColorScheme)}
      data={data}
    />
  );
}

/** Who is logged in, the colours, and the way out. */
export function ProfileMenu() {
  const { username } = useCaller();
  const logout = useLogout();
  return (
    <Menu width={220} position="top-start" shadow="md">
      <Menu.Target>
        <UnstyledButton className={classes.profile} aria-label={`Account of ${username}`}>
          <Avatar size={26} radius="xl" color="lagoon" name={username} />
          <Text size="sm" fw={550} truncate style={{ flex: 1 }}>{username}</Text>
          <IconChevron size={16} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Colours</Menu.Label>
        <SchemePicker />
        <Menu.Divider />
        <Menu.Item component={Link} to="/profile" leftSection={<IconUser size={16} />}>Your account</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => logout.mutate(false)}>Log out</Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => logout.mutate(true)}>
          Log out everywhere
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
