import { useNavigate } from "react-router";

import { useMay } from "@/api/session";
import { Empty } from "@/ui/Empty";
import { IconLock } from "@/ui/icons";
import { Page } from "@/ui/Page";

import { ConnectionForm } from "./ConnectionForm";

export default function NewConnectionPage() {
  const navigate = useNavigate();
  const mayMake = useMay("Manage connections");
  return (
    <Page title="New connection" lead="A SQL database. Saving it does not dial it yet." width={720} back={{ to: "/connections", label: "Connections" }}>
      {mayMake ? (
        <ConnectionForm onSaved={({ id }) => void navigate(`/connections/${id}`)} />
      ) : (
        <Empty icon={<IconLock size={24} />} title="You may not make connections">
          This needs the permission “Manage connections”, which an administrator grants.
        </Empty>
      )}
    </Page>
  );
}
