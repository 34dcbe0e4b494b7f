import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";

import { api } from "@/api/client";
import { useDeleteGroup, useMembers } from "@/api/groups";
import { useCaller } from "@/api/session";
import type { Group } from "@/api/types";
import { DeleteButton } from "@/ui/DeleteButton";
import { ErrorNote } from "@/ui/ErrorNote";
import { Loading } from "@/ui/Loading";
import { Page } from "@/ui/Page";

import { Members } from "./Members";

const BACK = { to: "/groups", label: "Groups" };

export default function GroupPage() {
  const { id = "" } = useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ["groups", Number(id)],
    queryFn: ({ signal }) => api.get<Group>(`/api/groups/${id}`, { signal }),
  });
  if (error) return <Page title="Group" back={BACK}><ErrorNote error={error} onRetry={() => void refetch()} /></Page>;
  if (!data) return <Page title="Group" back={BACK} width={720}><Loading /></Page>;
  return <Shown group={data} />;
}

function Shown({ group }: { group: Group }) {
  const { user_id: me, permissions } = useCaller();
  const { data: members, error } = useMembers(group.id);
  const navigate = useNavigate();
  const remove = useDeleteGroup();
  const isAdmin = permissions.includes("System admin") || (members?.some(({ user_id, admin }) => user_id === me && admin) ?? false);
  const actions = isAdmin && (
    <DeleteButton
      what={`the group “${group.name}”`}
      consequence="What was shared with it no longer is: its members lose those connections and queries."
      onDelete={() => remove.mutateAsync(group.id).then(() => navigate("/groups"))}
      busy={remove.isPending}
      error={remove.error}
    />
  );
  return (
    <Page title={group.name} lead={group.description} width={720} back={BACK} actions={actions}>
      <ErrorNote error={error} />
      {!members && !error && <Loading lines={3} />}
      {members && <Members group={group} members={members} isAdmin={isAdmin} />}
    </Page>
  );
}
