// What the server says no with, over the socket.

const AGAIN_MS = 2000;

/** A refusal that came as an error frame. */
export class Refusal extends Error {
  constructor(content) {
    super(content.message);
    this.code = content.code;
    this.status = content.status;
    this.retryAfterMs = content.retry_after_ms ?? 0;
  }

  /** The server could not at the moment; asked again later it may. */
  get passes() {
    return this.status === 429 || this.status >= 500;
  }

  /** The person may not, or there is nothing. */
  get isFinal() {
    return this.status === 403 || this.status === 404;
  }

  /** How long to wait before asking again; spread, because others wait too. */
  get waitMs() {
    return this.status === 429 ? this.retryAfterMs + Math.random() * 200 : AGAIN_MS * (0.5 + Math.random());
  }
}
