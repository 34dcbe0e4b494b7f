import { Badge, Group, Stack, Text, Title } from "@mantine/core";

import { useCaller } from "@/api/session";
import { Page } from "@/ui/Page";

import { PasswordForm } from "./PasswordForm";
import classes from "./profile.module.css";

/** Who one is here, what one may do, and the own password. */
export default function ProfilePage() {
  const { username, permissions } = useCaller();
  return (
    <Page title="Your account" lead={<>You are logged in as <b>{username}</b>.</>} width={640}>
      <Stack gap="lg">
        <section className={classes.card} aria-labelledby="permissions">
          <Title order={2} id="permissions">What you may do</Title>
          {permissions.length > 0 ? (
            <Group gap={6} mt="sm">
              {permissions.map((permission) => <Badge key={permission} color="gray" size="lg">{permission}</Badge>)}
            </Group>
          ) : (
            <Text size="sm" mt={4} c="var(--text-quiet)">
              Look at what is shared with you. To run SQL, ask an administrator for “Run queries”.
            </Text>
          )}
        </section>
        <section className={classes.card} aria-labelledby="password">
          <Title order={2} id="password">Change your password</Title>
          <Text size="sm" mt={4} mb="md" c="var(--text-quiet)">
            You stay logged in here and are logged out everywhere else. Your tokens go on working.
          </Text>
          <PasswordForm />
        </section>
      </Stack>
    </Page>
  );
}
