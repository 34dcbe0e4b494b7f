import { useSyncExternalStore } from "react";

import { useCaller } from "@/api/session";

import { TabStore } from "./tabs";

const stores = new Map<number, TabStore>();

export function useTabStore(): TabStore {
  const { user_id: userId } = useCaller();
  let store = stores.get(userId);
  if (!store) {
    store = new TabStore(userId);
    stores.set(userId, store);
  }
  return store;
}

export function useTabs(store: TabStore) {
  return useSyncExternalStore(store.subscribe, store.get);
}
