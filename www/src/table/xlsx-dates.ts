import { attribute, elements } from './xml';

/** Styles that show a number as a date or a time. */
export function dateFormats(styles: string): ReadonlySet<number> {
  const own = new Map(elements(styles, 'numFmt').map(({ head }) => [Number(attribute(head, 'numFmtId')), attribute(head, 'formatCode') ?? '']));
  const cells = elements(elements(styles, 'cellXfs')[0]?.body ?? '', 'xf');
  const isDate = (id: number) => (id >= 14 && id <= 22) || (id >= 45 && id <= 47) || /[dmyhs]/i.test(bare(own.get(id) ?? ''));
  return new Set(cells.flatMap(({ head }, i) => (isDate(Number(attribute(head, 'numFmtId') ?? 0)) ? [i] : [])));
}

/** A format without what it only shows: quoted words, escaped letters, colours. */
function bare(format: string): string {
  return format.replace(/"[^"]*"|\\.|\[[^\]]*\]|General/gi, '');
}

/** Days since 1899-12-30, or 1904, as a date, a time, or both. */
export function writtenDate(days: number, since1904: boolean): string {
  const time = new Date(Math.round((days - (since1904 ? 24107 : 25569)) * 86_400) * 1000);
  if (Number.isNaN(time.getTime())) return String(days);
  const [date = '', clock = ''] = time.toISOString().slice(0, 19).split('T');
  if (days < 1) return clock;
  return clock === '00:00:00' ? date : `${date} ${clock}`;
}
