/** What the API refused, or why it could not be asked; `message` is written for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Fields of the request that were refused, with the reason. */
  readonly fields: Record<string, string>;

  constructor(status: number, code: string, message: string, fields: Record<string, string> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something unforeseen happened in the page.";
}
