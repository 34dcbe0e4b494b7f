import { Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect, useState } from "react";
import { Link, Navigate } from "react-router";

import { ApiError } from "@/api/error";
import { useProfile, useSetup, useSetupNeeded } from "@/api/session";
import { Entrance } from "@/ui/Entrance";
import { ErrorNote } from "@/ui/ErrorNote";
import { Loading } from "@/ui/Loading";
import { faultOf, PASSWORD_RULES } from "@/ui/passwordRules";

/** The token behind the #, which no server and no log has seen; taken out of the address at once. */
function useTokenOfAddress(): string {
  const [token] = useState(() => location.hash.slice(1));
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, "", location.pathname);
  }, []);
  return token;
}

export function SetupPage() {
  const token = useTokenOfAddress();
  const { data: profile } = useProfile();
  const { data, isPending, error } = useSetupNeeded();
  if (profile) return <Navigate to="/" replace />;
  if (isPending) return <Entrance title="Welcome" lead="One moment."><Loading lines={3} /></Entrance>;
  if (error) return <Entrance title="Welcome" lead=""><ErrorNote error={error} /></Entrance>;
  if (!data.needed) {
    return (
      <Entrance title="Already set up" lead="This server has its administrator; the setup link works once.">
        <Button component={Link} to="/login" fullWidth>Log in</Button>
      </Entrance>
    );
  }
  return (
    <Entrance title="Welcome" lead="Make the first account. It is the administrator’s: it can do everything here.">
      <SetupForm token={token} />
    </Entrance>
  );
}

function SetupForm({ token }: { token: string }) {
  const setup = useSetup();
  const form = useForm({
    initialValues: { token, username: "", password: "", again: "" },
    validate: { again: (again, { password }) => (again === password ? null : "The passwords differ.") },
  });
  const fields = setup.error instanceof ApiError ? setup.error.fields : {};
  return (
    <form onSubmit={form.onSubmit(({ again: _, ...asked }) => setup.mutate(asked))}>
      <Stack gap="sm">
        {!token && (
          <TextInput label="Setup token" description="What follows the # in the link that the server printed." required {...form.getInputProps("token")} />
        )}
        <TextInput label="User name" autoComplete="username" autoCapitalize="none" autoFocus required {...form.getInputProps("username")} error={fields.username} />
        <PasswordInput label="Password" description={PASSWORD_RULES} autoComplete="new-password" required {...form.getInputProps("password")} error={faultOf(fields.password)} />
        <PasswordInput label="Password, again" autoComplete="new-password" required {...form.getInputProps("again")} />
        <ErrorNote error={fields.password ? null : setup.error} />
        <Button type="submit" size="md" mt="xs" loading={setup.isPending}>Make the account</Button>
        <Anchor component={Link} to="/login" size="sm" ta="center">I have an account</Anchor>
      </Stack>
    </form>
  );
}
