import { Button, Group, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect } from "react";

import { useSaveConnection } from "@/api/connections";
import { ApiError } from "@/api/error";
import type { Connection } from "@/api/types";
import { ErrorNote } from "@/ui/ErrorNote";

import { isFile } from "./engines";
import { AboutFields, LimitFields, LoginFields, PlaceFields, TlsFields } from "./fields";
import { requestOf, valuesOf } from "./values";

interface Props {
  /** Undefined for a new one. */
  connection?: Connection;
  onSaved: (connection: Connection) => void;
}

export function ConnectionForm({ connection, onSaved }: Props) {
  const save = useSaveConnection(connection?.id);
  const form = useForm({ initialValues: valuesOf(connection) });
  const { setErrors } = form;
  useEffect(() => {
    if (save.error instanceof ApiError) setErrors(save.error.fields);
  }, [save.error, setErrors]);
  const submit = async (values: typeof form.values) => {
    const saved = await save.mutateAsync(requestOf(values, connection));
    form.setInitialValues(valuesOf(saved));
    form.setValues(valuesOf(saved));
    onSaved(saved);
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values).catch(() => undefined))}>
      <Stack gap="xl">
        <AboutFields form={form} />
        <PlaceFields form={form} connection={connection} />
        {!isFile(form.values.engine) && (
          <>
            <LoginFields form={form} connection={connection} />
            <TlsFields form={form} connection={connection} />
          </>
        )}
        <LimitFields form={form} />
        <ErrorNote error={save.error} />
        <Group>
          <Button type="submit" loading={save.isPending} disabled={connection && !form.isDirty()}>
            {connection ? "Save changes" : "Make the connection"}
          </Button>
          {connection && form.isDirty() && (
            <Button variant="default" onClick={form.reset}>Discard</Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
