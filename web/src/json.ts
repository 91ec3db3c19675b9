/** As JSON for the module. Half a pair of surrogates is no character, and becomes what Rust has in its place. */
export function toJson(value: unknown): string {
  const whole = (_: string, part: unknown) => (typeof part === 'string' ? part.replace(/\p{Cs}/gu, '\ufffd') : part);
  return JSON.stringify(value, whole);
}
