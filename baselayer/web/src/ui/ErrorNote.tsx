import { Alert, Button, Group, Text, type AlertProps } from "@mantine/core";

import { isStatus, messageOf } from "@/api/error";

import { IconWarning } from "./icons";

interface Props extends Omit<AlertProps, "children" | "title"> {
  error: unknown;
  title?: string;
  onRetry?: () => void;
}

/** What went wrong, in the API's own words. */
export function ErrorNote({ error, title, onRetry, ...rest }: Props) {
  if (!error) return null;
  const isFinal = isStatus(error, 403) || isStatus(error, 404); // asking again changes nothing
  return (
    <Alert color="red" variant="light" icon={<IconWarning />} title={title} role="alert" {...rest}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {messageOf(error)}
        </Text>
        {onRetry && !isFinal && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}
