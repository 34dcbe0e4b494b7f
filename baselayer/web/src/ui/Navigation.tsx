import { Tooltip } from "@mantine/core";
import type { ComponentType } from "react";
import { NavLink } from "react-router";

import { useMay } from "@/api/session";

import { IconAudit, IconBookmark, IconCalendar, IconClock, IconDatabase, IconKey, IconTerminal, IconUsers } from "./icons";
import classes from "./Shell.module.css";

interface Place {
  to: string;
  label: string;
  Icon: ComponentType<{ size?: number }>;
}

const WORK: Place[] = [
  { to: "/", label: "Workspace", Icon: IconTerminal },
  { to: "/queries", label: "Queries", Icon: IconBookmark },
  { to: "/runs", label: "Runs", Icon: IconClock },
  { to: "/cron", label: "Cron", Icon: IconCalendar },
];
const SETTINGS: Place[] = [
  { to: "/connections", label: "Connections", Icon: IconDatabase },
  { to: "/groups", label: "Groups", Icon: IconUsers },
  { to: "/tokens", label: "Tokens", Icon: IconKey },
];
const AUDIT: Place = { to: "/audit", label: "Audit", Icon: IconAudit };

export function Navigation({ narrow }: { narrow: boolean }) {
  const settings = useMay("Read audit log") ? [...SETTINGS, AUDIT] : SETTINGS;
  return (
    <nav aria-label="Main" className={classes.navigation}>
      {WORK.map((place) => <PlaceLink key={place.to} {...place} narrow={narrow} />)}
      <hr className={classes.rule} />
      {settings.map((place) => <PlaceLink key={place.to} {...place} narrow={narrow} />)}
    </nav>
  );
}

function PlaceLink({ to, label, Icon, narrow }: Place & { narrow: boolean }) {
  return (
    <Tooltip label={label} position="right" disabled={!narrow}>
      <NavLink to={to} end={to === "/"} className={classes.link} aria-label={label}>
        <Icon size={18} />
        <span>{label}</span>
      </NavLink>
    </Tooltip>
  );
}
