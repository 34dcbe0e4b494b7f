import type { UseInfiniteQueryResult, InfiniteData } from "@tanstack/react-query";
import type { ReactNode } from "react";

import type { Listed } from "@/api/types";

import { Empty } from "./Empty";
import { ErrorNote } from "./ErrorNote";
import { Loading } from "./Loading";
import { More } from "./More";

type Pages<T> = UseInfiniteQueryResult<InfiniteData<Listed<T>>>;

interface Props<T> {
  pages: Pages<T>;
  icon: ReactNode;
  title: string;
  hint: ReactNode;
  action?: ReactNode;
  children: (items: T[]) => ReactNode;
}

/** Whether there is nothing: then what can be done about it is offered there, and once. */
export function isEmpty<T>({ data }: Pages<T>): boolean {
  return data?.pages[0]?.items.length === 0;
}

/** A list that grows: loading, refused, empty, or there with a way to see more. */
export function Paged<T>({ pages, icon, title, hint, action, children }: Props<T>) {
  if (pages.isPending) return <Loading />;
  if (pages.error) return <ErrorNote error={pages.error} onRetry={() => void pages.refetch()} />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Empty icon={icon} title={title} action={action}>{hint}</Empty>;
  return (
    <>
      {children(items)}
      <More hasMore={pages.hasNextPage} busy={pages.isFetchingNextPage} onMore={() => void pages.fetchNextPage()} />
    </>
  );
}
