export interface Tab {
  id: string;
  title: string;
  sql: string;
  connectionId: string | null;
  limitRows: number | null;
  /** The saved query that this tab shows. */
  queryId: string | null;
  /** The text of that query as saved: what differs is unsaved. */
  savedSql: string | null;
  runId: string | null;
}

export interface Tabs {
  tabs: Tab[];
  activeId: string;
}

type Listener = () => void;
const SAVE_MS = 250;

/** The tabs of one user's workspace, kept in the browser so that they survive a reload. */
export class TabStore {
  private readonly key: string;
  private readonly listeners = new Set<Listener>();
  private state: Tabs;
  private timer = 0;

  constructor(userId: number) {
    this.key = `baselayer.workspace.${userId}`;
    this.state = read(this.key) ?? started();
    addEventListener("pagehide", this.write);
    addEventListener("storage", this.adopt);
  }

  readonly subscribe = (listener: Listener): Listener => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly get = (): Tabs => this.state;

  readonly select = (activeId: string): void => this.set({ ...this.state, activeId });

  readonly change = (id: string, values: Partial<Tab>): void => {
    const tabs = this.state.tabs.map((tab) => (tab.id === id ? { ...tab, ...values } : tab));
    this.set({ ...this.state, tabs });
  };

  /** Open a tab, beside the others; one that is untouched is used up first. */
  readonly add = (values: Partial<Tab> = {}): void => {
    const before = this.state.tabs.find(({ id }) => id === this.state.activeId);
    const tab = { ...emptyTab(this.state.tabs), connectionId: before?.connectionId ?? null, ...values };
    const isUnused = before && !before.sql.trim() && !before.runId && values.sql !== undefined;
    const others = isUnused ? this.state.tabs.filter((kept) => kept !== before) : this.state.tabs;
    this.set({ tabs: [...others, tab], activeId: tab.id });
  };

  readonly close = (id: string): void => {
    const index = this.state.tabs.findIndex((tab) => tab.id === id);
    const tabs = this.state.tabs.filter((tab) => tab.id !== id);
    if (tabs.length === 0) return this.set(started());
    const beside = tabs[Math.min(index, tabs.length - 1)] ?? tabs[0];
    const activeId = this.state.activeId === id && beside ? beside.id : this.state.activeId;
    this.set({ tabs, activeId });
  };

  private set(state: Tabs): void {
    this.state = state;
    this.listeners.forEach((listener) => listener());
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.write, SAVE_MS);
  }

  private readonly write = (): void => {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.state));
    } catch {
      // The browser keeps nothing, or is full: the tabs live as long as the page.
    }
  };

  /** Take over what another window of the same user has written; stay on the tab shown here. */
  private readonly adopt = ({ key }: StorageEvent): void => {
    const theirs = key === this.key ? read(this.key) : null;
    if (!theirs) return;
    const isHere = theirs.tabs.some(({ id }) => id === this.state.activeId);
    this.state = isHere ? { ...theirs, activeId: this.state.activeId } : theirs;
    this.listeners.forEach((listener) => listener());
  };
}

function read(key: string): Tabs | null {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null") as Tabs | null;
    return kept?.tabs.some(({ id }) => id === kept.activeId) ? kept : null;
  } catch {
    return null;
  }
}

function started(): Tabs {
  const tab = emptyTab([]);
  return { tabs: [tab], activeId: tab.id };
}

function emptyTab(others: Tab[]): Tab {
  const numbers = others.map(({ title }) => Number(/^Untitled (\d+)$/.exec(title)?.[1] ?? 0));
  return {
    id: identity(),
    title: `Untitled ${Math.max(0, ...numbers) + 1}`,
    sql: "",
    connectionId: null,
    limitRows: 10_000,
    queryId: null,
    savedSql: null,
    runId: null,
  };
}

/** Not crypto.randomUUID(): it is missing where the page is served without TLS. */
function identity(): string {
  return Math.random().toString(36).slice(2) + Date.now().toString(36);
}
