import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";

import { ApiError } from "@/api/error";
import { useCaller, useChangePassword } from "@/api/session";
import { ErrorNote } from "@/ui/ErrorNote";
import { faultOf, PASSWORD_RULES } from "@/ui/passwordRules";

const EMPTY = { current: "", password: "", again: "" };
type Values = typeof EMPTY;

/** The present password, and a new one twice. */
export function PasswordForm() {
  const { username } = useCaller();
  const change = useChangePassword();
  const form = useForm({ initialValues: EMPTY, validate: { again: faultOfAgain } });
  const fields = change.error instanceof ApiError ? change.error.fields : {};
  const submit = ({ current, password }: Values) =>
    change.mutate({ current_password: current, new_password: password }, { onSuccess: () => (form.reset(), say()) });
  const isSaid = Boolean(fields.current_password ?? fields.password);
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="sm" maw={380}>
        <input type="hidden" name="username" autoComplete="username" value={username} />
        <PasswordInput label="Present password" autoComplete="current-password" required {...form.getInputProps("current")} error={faultOf(fields.current_password)} />
        <PasswordInput label="New password" description={PASSWORD_RULES} autoComplete="new-password" required {...form.getInputProps("password")} error={faultOf(fields.password)} />
        <PasswordInput label="New password, again" autoComplete="new-password" required {...form.getInputProps("again")} />
        <ErrorNote error={isSaid ? null : change.error} />
        <Group mt="xs"><Button type="submit" loading={change.isPending}>Change the password</Button></Group>
      </Stack>
    </form>
  );
}

function faultOfAgain(again: string, { password }: Values): string | null {
  return again === password ? null : "The passwords differ.";
}

function say(): void {
  notifications.show({ color: "teal", title: "Password changed", message: "You are logged out everywhere else." });
}
