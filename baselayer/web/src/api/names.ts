import { useConnections } from "./connections";

/** Names of connections by id: of those that the caller may see. */
export function useConnectionNames(): Map<string, string> {
  const { data } = useConnections();
  return new Map(data?.map(({ id, name }) => [id, name]));
}
