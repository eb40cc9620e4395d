/** The errors that calls throw. */
import type { ErrorCode, ErrorDetails } from "./types.js";

/** The base class of all errors of this package. */
export class LetmepostError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** No response was received: the network failed, or the time limit passed. The request may have been carried out. */
export class ConnectionFailedError extends LetmepostError {}

/** The time limit of `wait` passed. The work goes on, so call `wait` again to continue. */
export class WaitTimeoutError extends LetmepostError {}

/** A webhook delivery is not authentic, or is too old. Respond with status 400 and do not process it. */
export class WebhookVerificationError extends LetmepostError {}

/** The response is not one of this API, for example an error page of a proxy. */
export class UnexpectedResponseError extends LetmepostError {
  constructor(
    readonly status: number,
    text: string,
    readonly retryAfterS: number | undefined,
  ) {
    super(`The server responded with status ${status} and an unexpected body: ${text.slice(0, 200)}`);
  }
}

/** The API rejected the request. Branch on `code`, or on the subclass, and on `rule`. */
export class ApiError extends LetmepostError {
  /** One of `ErrorCode`, or a code that is newer than this client. */
  readonly code: ErrorCode | (string & {});
  /** The id of the broken rule, or the path of the invalid field. */
  readonly rule: string | undefined;
  /** How to fix it, in one step. */
  readonly remediation: string | undefined;
  /** Every broken rule or invalid field. */
  readonly violations: NonNullable<ErrorDetails["violations"]>;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** Finds the request in the server's log. */
  readonly requestId: string;

  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** The whole error, as the API sent it. */
    readonly details: ErrorDetails,
    /** The value of Retry-After in seconds, if the response had one. */
    readonly retryAfterS: number | undefined,
  ) {
    super(details.message);
    this.code = details.code;
    this.rule = details.rule;
    this.remediation = details.remediation;
    this.violations = details.violations ?? [];
    this.retryable = details.retryable;
    this.requestId = details.requestId;
  }
}

export class ValidationFailedError extends ApiError {}
export class PreflightFailedError extends ApiError {}
export class UnauthenticatedError extends ApiError {}
export class UnauthorizedError extends ApiError {}
export class NotFoundError extends ApiError {}
export class IdempotencyConflictError extends ApiError {}
export class RateLimitedError extends ApiError {}
export class QuotaExceededError extends ApiError {}
export class PlatformNotEnabledError extends ApiError {}
export class PlatformAuthFailedError extends ApiError {}
export class PlatformRejectedError extends ApiError {}
export class PlatformUnavailableError extends ApiError {}
export class InternalError extends ApiError {}

/** A code without a class, or a class without a code, does not compile. */
const CLASSES: Record<ErrorCode, typeof ApiError> = {
  validation_failed: ValidationFailedError,
  preflight_failed: PreflightFailedError,
  unauthenticated: UnauthenticatedError,
  unauthorized: UnauthorizedError,
  not_found: NotFoundError,
  idempotency_conflict: IdempotencyConflictError,
  rate_limited: RateLimitedError,
  quota_exceeded: QuotaExceededError,
  platform_not_enabled: PlatformNotEnabledError,
  platform_auth_failed: PlatformAuthFailedError,
  platform_rejected: PlatformRejectedError,
  platform_unavailable: PlatformUnavailableError,
  internal_error: InternalError,
};

/** Read the error that a response reports. Consumes its body. */
export async function errorOf(response: Response, nowMs: number): Promise<ApiError | UnexpectedResponseError> {
  const text = await response.text();
  const retryAfterS = secondsOf(response.headers.get("Retry-After"), nowMs);
  const details = detailsIn(text);
  if (details === undefined) return new UnexpectedResponseError(response.status, text, retryAfterS);
  const known = Object.hasOwn(CLASSES, details.code) ? CLASSES[details.code] : ApiError;
  return new known(response.status, details, retryAfterS);
}

function detailsIn(text: string): ErrorDetails | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: ErrorDetails };
    return typeof error?.code === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

/** Retry-After is a number of seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3. */
function secondsOf(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - nowMs) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
