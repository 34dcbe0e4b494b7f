import type { components } from "./schema";

type Schemas = components["schemas"];

export type Connection = Required<Schemas["ConnectionRead"]>;
export type ConnectionCreate = Schemas["ConnectionCreate"];
export type ConnectionUpdate = Schemas["ConnectionUpdate"];
export type Diagnosis = Schemas["Diagnosis"];
export type Step = Schemas["Step"];
export type Share = Schemas["Share"];
export type Query = Required<Schemas["QueryRead"]>;
export type QueryCreate = Schemas["QueryCreate"];
export type QueryUpdate = Schemas["QueryUpdate"];
export type QueryShare = Schemas["QueryShare"];
export type Run = Schemas["RunRead"];
export type RunState = Run["state"];
export type RowsPage = Schemas["RowsPage"];
export type Column = Schemas["ColumnRead"];
export type Group = Schemas["GroupRead"];
export type Member = Schemas["MemberRead"];
export type Token = Schemas["TokenRead"];
export type TokenCreate = Schemas["TokenCreate"];
export type TokenCreated = Schemas["TokenCreated"];
export type User = Schemas["UserRead"];
export type CronJob = Schemas["CronJobRead"];
export type CronRun = Schemas["CronRunRead"];
export type CronRunOutput = Schemas["CronRunOutput"];
export type CronState = CronRun["state"];
export type AuditLine = Schemas["AuditRead"];

export type PasswordChange = Schemas["PasswordChange"];

/** The generated profile lacks what only a browser's session has. */
export type Profile = Schemas["ProfileRead"] & { xsrf_token?: string | null };

/** A page of a list. */
export interface Listed<T> {
  items: T[];
  total?: number | null;
  next?: string | null;
}
