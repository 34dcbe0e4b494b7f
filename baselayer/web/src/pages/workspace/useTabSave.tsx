import { notifications } from "@mantine/notifications";
import { useCallback, useState } from "react";

import { messageOf } from "@/api/error";
import { useSavedQuery, useUpdateQuery } from "@/api/queries";

import { SaveDialogue } from "./SaveDialogue";
import type { Tab, TabStore } from "./tabs";

/** Saving a tab: into the query that it shows, or as a new one. */
export function useTabSave(store: TabStore, tab: Tab) {
  const [isAsking, setAsking] = useState(false);
  const { data: query } = useSavedQuery(tab.queryId);
  const update = useUpdateQuery();
  const { mutateAsync } = update;
  const mayUpdate = query?.can.includes("update") ?? false;

  const save = useCallback(() => {
    const { id, queryId, sql, connectionId } = tab;
    if (!connectionId || !sql.trim()) return;
    if (queryId === null || !mayUpdate) return setAsking(true);
    mutateAsync({ id: queryId, text: sql, connection_id: connectionId }).then(
      () => {
        store.change(id, { savedSql: sql });
        notifications.show({ message: `Saved “${tab.title}”.`, color: "teal" });
      },
      (error: unknown) => notifications.show({ title: "Not saved", message: messageOf(error), color: "red" }),
    );
  }, [mayUpdate, mutateAsync, store, tab]);

  const dialogue = isAsking && <SaveDialogue store={store} tab={tab} onClose={() => setAsking(false)} />;
  return { save, isSaving: update.isPending, dialogue };
}

export type TabSave = ReturnType<typeof useTabSave>;
