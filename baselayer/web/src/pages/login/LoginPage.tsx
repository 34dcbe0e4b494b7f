import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Navigate, useSearchParams } from "react-router";

import { useLogin, useProfile, useSetupNeeded } from "@/api/session";
import { Entrance } from "@/ui/Entrance";
import { ErrorNote } from "@/ui/ErrorNote";

/** Only a path of this page: an address elsewhere would make it a door to anywhere. */
export function pathWithin(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}

export function LoginPage() {
  const [search] = useSearchParams();
  const { data: profile } = useProfile();
  const { data: setup } = useSetupNeeded();
  const login = useLogin();
  const form = useForm({ initialValues: { username: "", password: "" } });
  if (profile) return <Navigate to={pathWithin(search.get("next"))} replace />;
  const lead = setup?.needed
    ? "Nobody has an account here yet: open the setup link that the server printed when it started."
    : "Use the account that your administrator has given you.";
  return (
    <Entrance title="Log in" lead={lead}>
      <form onSubmit={form.onSubmit((values) => login.mutate(values))}>
        <Stack gap="sm">
          <TextInput label="User name" autoComplete="username" autoCapitalize="none" autoFocus required {...form.getInputProps("username")} />
          <PasswordInput label="Password" autoComplete="current-password" required {...form.getInputProps("password")} />
          <ErrorNote error={login.error} />
          <Button type="submit" size="md" mt="xs" loading={login.isPending}>Log in</Button>
        </Stack>
      </form>
    </Entrance>
  );
}
