import { lazy, Suspense, useRef } from "react";

import { useConnections } from "@/api/connections";
import { Loading } from "@/ui/Loading";
import { RunResult } from "@/ui/run/RunResult";

import type { EditorHandle } from "./SqlEditor";
import { NoConnections } from "./NoConnections";
import { Splitter, useSplit } from "./Splitter";
import type { Tab, TabStore } from "./tabs";
import { Toolbar } from "./Toolbar";
import { useTabRun } from "./useTabRun";
import { useTabSave } from "./useTabSave";
import classes from "./workspace.module.css";

const SqlEditor = lazy(() => import("./SqlEditor"));

/** One statement: what it runs on, its text, and what came of it. */
export function TabPane({ store, tab }: { store: TabStore; tab: Tab }) {
  const editor = useRef<EditorHandle | null>(null);
  const split = useSplit();
  const { data: connections } = useConnections();
  const engine = connections?.find(({ id }) => id === tab.connectionId)?.engine;
  const run = useTabRun(store, tab, () => editor.current?.statement() ?? tab.sql);
  const save = useTabSave(store, tab);
  if (connections?.length === 0) return <NoConnections />;
  return (
    <div id="statement" role="tabpanel" aria-labelledby={`tab-${tab.id}`} className={classes.pane} ref={split.frame}>
      <Toolbar store={store} tab={tab} run={run} save={save} />
      <div className={classes.editor} style={{ flexBasis: `${split.percent}%` }}>
        <Suspense fallback={<div className={classes.pad}><Loading lines={4} height={12} /></div>}>
          <SqlEditor
            ref={editor}
            value={tab.sql}
            engine={engine}
            onChange={(sql) => store.change(tab.id, { sql })}
            onRun={run.start}
            onSave={save.save}
          />
        </Suspense>
      </div>
      <Splitter split={split} />
      <section className={classes.result} aria-label="Result">
        <RunResult run={run.run} error={run.error} isStarting={run.isStarting} />
      </section>
      {save.dialogue}
    </div>
  );
}
