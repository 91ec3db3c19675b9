// As much of XML as workbooks are made of: no element holds another of its own name.

/** An element: what stands in its tag, and between its tags. */
export interface Element {
  head: string;
  body: string;
}

/** All elements of a name, whatever its prefix. */
export function elements(xml: string, name: string): Element[] {
  const found: Element[] = [];
  const open = new RegExp(`<(?:\\w+:)?${name}((?:\\s+[\\w:.-]+\\s*=\\s*(?:"[^"]*"|'[^']*'))*)\\s*(/?)>`, 'g');
  for (let tag = open.exec(xml); tag !== null; tag = open.exec(xml)) {
    const [whole, head = '', closed] = tag;
    if (closed === '/') {
      found.push({ head, body: '' });
      continue;
    }
    const from = tag.index + whole.length;
    const prefix = /^<(\w+:)?/.exec(whole)?.[1] ?? '';
    const end = xml.indexOf(`</${prefix}${name}>`, from);
    if (end < 0) break;
    found.push({ head, body: xml.slice(from, end) });
    open.lastIndex = end;
  }
  return found;
}

/** What an attribute says. */
export function attribute(head: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(head);
  return found === null ? undefined : unescape(found[1] ?? found[2] ?? '');
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

export function unescape(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex: string, decimal: string, name: string) => {
    const code = hex ? parseInt(hex, 16) : Number(decimal);
    if (name !== undefined) return NAMED[name] ?? whole;
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
