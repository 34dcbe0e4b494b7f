import { ActionIcon, Tooltip } from "@mantine/core";
import type { KeyboardEvent } from "react";

import { IconClose, IconPlus } from "@/ui/icons";

import type { Tab, TabStore } from "./tabs";
import classes from "./workspace.module.css";

interface Props {
  store: TabStore;
  tabs: Tab[];
  activeId: string;
}

export function TabStrip({ store, tabs, activeId }: Props) {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const index = tabs.findIndex(({ id }) => id === activeId) + step;
    const next = tabs[(index + tabs.length) % tabs.length];
    if (!next) return;
    store.select(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div className={classes.strip}>
      <div role="tablist" aria-label="Open statements" className={classes.tabs} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <TabLabel key={tab.id} tab={tab} isActive={tab.id === activeId} store={store} />
        ))}
      </div>
      <Tooltip label="New tab">
        <ActionIcon aria-label="New tab" onClick={() => store.add()} size="sm">
          <IconPlus size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function TabLabel({ tab, isActive, store }: { tab: Tab; isActive: boolean; store: TabStore }) {
  const isChanged = tab.savedSql !== null && tab.savedSql !== tab.sql;
  return (
    <div className={classes.tab} data-active={isActive || undefined} onAuxClick={(event) => event.button === 1 && store.close(tab.id)}>
      <button
        type="button"
        id={`tab-${tab.id}`}
        role="tab"
        aria-selected={isActive}
        aria-controls="statement"
        tabIndex={isActive ? 0 : -1}
        onClick={() => store.select(tab.id)}
      >
        {tab.title}
        {isChanged && <span className={classes.changed} title="Not saved" aria-label="not saved" />}
      </button>
      <ActionIcon size={18} aria-label={`Close ${tab.title}`} onClick={() => store.close(tab.id)}>
        <IconClose size={12} />
      </ActionIcon>
    </div>
  );
}
