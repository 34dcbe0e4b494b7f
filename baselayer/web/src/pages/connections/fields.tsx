import { Alert, Code, Fieldset, Grid, NumberInput, PasswordInput, Select, Stack, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";

import type { Connection } from "@/api/types";
import { IconLock, IconWarning } from "@/ui/icons";

import { ENGINE_CHOICES, isFile, type Engine } from "./engines";
import { clearsSecrets, withEngine, type Values } from "./values";

interface Props {
  form: UseFormReturnType<Values>;
}

const TLS_MODES = [
  { value: "verify-full", label: "Verify certificate and name (recommended)" },
  { value: "verify-ca", label: "Verify certificate only" },
  { value: "require", label: "Encrypt, verify nothing" },
  { value: "disable", label: "No encryption" },
];

export function AboutFields({ form }: Props) {
  return (
    <Fieldset legend="About">
      <Stack gap="sm">
        <TextInput label="Name" required {...form.getInputProps("name")} />
        <Textarea label="Description" autosize minRows={2} {...form.getInputProps("description")} />
        <TagsInput label="Tags" clearable {...form.getInputProps("tags")} />
      </Stack>
    </Fieldset>
  );
}

export function PlaceFields({ form, connection }: Props & { connection?: Connection }) {
  const choose = (engine: string | null) => engine && form.setValues(withEngine(form.values, engine as Engine));
  return (
    <Fieldset legend="Where it leads">
      <Grid gap="sm">
        <Grid.Col span={12}>
          <Select
            label="Engine"
            description={connection && "It stays: for another engine, make another connection."}
            data={ENGINE_CHOICES}
            allowDeselect={false}
            disabled={connection !== undefined}
            {...form.getInputProps("engine")}
            onChange={choose}
          />
        </Grid.Col>
        {isFile(form.values.engine) ? <FilePlace form={form} /> : <ServerPlace form={form} />}
      </Grid>
    </Fieldset>
  );
}

function ServerPlace({ form }: Props) {
  return (
    <>
      <Grid.Col span={{ base: 12, xs: 8 }}>
        <TextInput label="Host" placeholder="db.example.org" required {...form.getInputProps("host")} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, xs: 4 }}>
        <NumberInput label="Port" min={1} max={65535} allowDecimal={false} required {...form.getInputProps("port")} />
      </Grid.Col>
      <Grid.Col span={12}>
        <TextInput label="Database" required {...form.getInputProps("database")} />
      </Grid.Col>
    </>
  );
}

function FilePlace({ form }: Props) {
  return (
    <Grid.Col span={12}>
      <TextInput
        label="Database"
        description={<>A file on the server’s disk: its path below one of the directories that the settings name in <Code fz="inherit">files.roots</Code>.</>}
        placeholder={form.values.engine === "duckdb" ? "sales/2026.duckdb" : "sales/2026.sqlite"}
        required
        {...form.getInputProps("database")}
      />
    </Grid.Col>
  );
}

export function LoginFields({ form, connection }: Props & { connection?: Connection }) {
  const hasPassword = connection?.has_password ?? false;
  const isCleared = clearsSecrets(form.values, connection) && (hasPassword || connection?.has_tls_key);
  return (
    <Fieldset legend="As whom">
      <Stack gap="sm">
        <TextInput label="User name" autoComplete="off" {...form.getInputProps("username")} />
        <PasswordInput
          label="Password"
          description={hasPassword ? "Stored, and shown to nobody. Enter it again to replace it." : "Stored encrypted, and shown to nobody."}
          placeholder={hasPassword && !isCleared ? "••••••••" : undefined}
          autoComplete="new-password"
          leftSection={<IconLock size={16} />}
          {...form.getInputProps("password")}
        />
        {isCleared && (
          <Alert color="orange" icon={<IconWarning />} title="Saving clears the stored secrets">
            They were entered for another place. A change of host, port or TLS forgets them, so that nobody can have
            them sent elsewhere: enter them again.
          </Alert>
        )}
      </Stack>
    </Fieldset>
  );
}

export function TlsFields({ form, connection }: Props & { connection?: Connection }) {
  const isOff = form.values.tls_mode === "disable";
  const pem = { autosize: true, minRows: 2, maxRows: 6, placeholder: "-----BEGIN CERTIFICATE-----", spellCheck: false };
  return (
    <Fieldset legend="TLS">
      <Stack gap="sm">
        <Select label="How the server must prove itself" data={TLS_MODES} allowDeselect={false} {...form.getInputProps("tls_mode")} />
        {!isOff && (
          <>
            <Textarea label="Authority (PEM)" description="Empty: the authorities that the server’s system trusts." {...pem} {...form.getInputProps("tls_ca")} />
            <Textarea label="Client certificate (PEM)" {...pem} {...form.getInputProps("tls_certificate")} />
            <Textarea
              label="Client key (PEM)"
              description={connection?.has_tls_key ? "Stored, and shown to nobody. Enter it again to replace it." : undefined}
              {...pem}
              placeholder="-----BEGIN PRIVATE KEY-----"
              {...form.getInputProps("tls_key")}
            />
          </>
        )}
      </Stack>
    </Fieldset>
  );
}

export function LimitFields({ form }: Props) {
  const isOnlyRead = isFile(form.values.engine);
  return (
    <Fieldset legend="What it may do">
      <Stack gap="sm">
        <Switch
          label="Read only"
          description={isOnlyRead ? "A database that is a file is only read here." : "Statements that could change something are refused."}
          disabled={isOnlyRead}
          {...form.getInputProps("read_only", { type: "checkbox" })}
        />
        <Grid gap="sm">
          <Grid.Col span={{ base: 12, xs: 4 }}>
            <NumberInput label="Time limit" suffix=" s" min={1} max={3600} {...form.getInputProps("timeout_seconds")} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, xs: 4 }}>
            <NumberInput label="Connect within" suffix=" s" min={1} max={120} {...form.getInputProps("connect_timeout_seconds")} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, xs: 4 }}>
            <NumberInput label="Most rows" placeholder="the server’s setting" min={1} thousandSeparator="," allowDecimal={false} {...form.getInputProps("limit_rows")} />
          </Grid.Col>
        </Grid>
        <TagsInput label="Functions known to change nothing" description="Added to those that statements may call." {...form.getInputProps("allowed_functions")} />
      </Stack>
    </Fieldset>
  );
}
