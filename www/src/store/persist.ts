let asked = false;

/** Asks the browser to keep what is stored even where room is short; once there is something to lose. Some ask the visitor, who need not be waited for. */
export function persist(): void {
  if (asked) return;
  asked = true;
  void navigator.storage?.persist?.().catch(() => false);
}
