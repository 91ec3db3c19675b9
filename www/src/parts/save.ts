/** Gives a file to the visitor. */
export function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has begun to read it by then; a URL that is never revoked keeps the file in memory.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
