import { Button, Select, Tooltip } from "@mantine/core";
import { useEffect } from "react";

import { useConnections } from "@/api/connections";
import { IconDatabase, IconSave } from "@/ui/icons";

import { RunButton } from "./RunButton";
import type { Tab, TabStore } from "./tabs";
import type { TabRun } from "./useTabRun";
import type { TabSave } from "./useTabSave";
import classes from "./workspace.module.css";

const LIMITS = [100, 1_000, 10_000, 100_000, 1_000_000];

interface Props {
  store: TabStore;
  tab: Tab;
  run: TabRun;
  save: TabSave;
}

export function Toolbar({ store, tab, run, save }: Props) {
  return (
    <div className={classes.toolbar}>
      <ConnectionPicker store={store} tab={tab} />
      <LimitPicker store={store} tab={tab} />
      <div className={classes.space} />
      <Tooltip label="Save as a query (Ctrl/⌘ S)">
        <Button
          variant="default"
          leftSection={<IconSave size={16} />}
          onClick={save.save}
          loading={save.isSaving}
          disabled={!tab.connectionId || !tab.sql.trim()}
        >
          Save
        </Button>
      </Tooltip>
      <RunButton tab={tab} run={run} />
    </div>
  );
}

function ConnectionPicker({ store, tab }: { store: TabStore; tab: Tab }) {
  const { data = [], isPending } = useConnections();
  const usable = data.filter(({ can }) => can.includes("run"));
  const only = usable.length === 1 ? usable[0]?.id : undefined;
  useEffect(() => {
    if (tab.connectionId === null && only) store.change(tab.id, { connectionId: only });
  }, [only, store, tab.connectionId, tab.id]);
  return (
    <Select
      aria-label="Connection"
      placeholder={isPending ? "Loading…" : "Choose a connection"}
      className={classes.connection}
      leftSection={<IconDatabase size={16} />}
      searchable={usable.length > 6}
      allowDeselect={false}
      value={tab.connectionId}
      onChange={(connectionId) => store.change(tab.id, { connectionId })}
      data={usable.map(({ id, name }) => ({ value: id, label: name }))}
      nothingFoundMessage="No connection of that name"
    />
  );
}

function LimitPicker({ store, tab }: { store: TabStore; tab: Tab }) {
  const limits = [...new Set([...LIMITS, tab.limitRows ?? 0])].filter(Boolean).sort((a, b) => a - b);
  const data = limits.map((limit) => ({ value: String(limit), label: `${limit.toLocaleString("en-US")} rows` }));
  return (
    <Tooltip label="The most rows to fetch">
      <Select
        aria-label="Row limit"
        className={classes.limit}
        allowDeselect={false}
        value={tab.limitRows === null ? "most" : String(tab.limitRows)}
        onChange={(value) => store.change(tab.id, { limitRows: value === "most" ? null : Number(value) })}
        data={[...data, { value: "most", label: "All allowed" }]}
      />
    </Tooltip>
  );
}
