// Waiting with a deadline. Tests wait for what they need to see, never for a time to pass.
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 25;

/// Calls `look` until it gives something (not undefined, not false), and returns that.
export async function until(look, what, deadlineMs = 20_000) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`gave up after ${deadlineMs} ms waiting for ${what}`);
    await pause(POLL_MS);
  }
}

/// The promise's value, or an error when it takes too long.
export async function within(promise, deadlineMs, what) {
  const stop = new AbortController();
  const late = pause(deadlineMs, undefined, { signal: stop.signal, ref: true }).then(() => {
    throw new Error(`gave up after ${deadlineMs} ms waiting for ${what}`);
  });
  late.catch(() => {});  // the abort below rejects it too
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}
