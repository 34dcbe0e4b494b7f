/** What the server asks of a password, in one sentence; it has the last word. */
export const PASSWORD_RULES =
  "12 characters or more, 5 of them different. Not your user name, not one that everybody tries first. A short sentence is good.";

/** What the server says of a password field, which begins where the field's name would stand. */
export function faultOf(reason: string | undefined): string | undefined {
  return reason && `It ${reason}.`;
}
