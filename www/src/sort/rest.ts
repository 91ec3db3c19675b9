import { route } from '../app/route.svelte';
import { model } from '../engine/model.svelte';
import type { Table } from '../table/table';
import { choice } from '../try/choice.svelte';
import { sorting } from './sorting.svelte';

/** Sorts texts that are in no file by a skill; without texts, the visitor is asked for a list. */
export function sortTexts(skill: string, name: string, texts: readonly string[]): void {
  choice.id = skill;
  if (texts.length > 0) {
    sorting.reset();
    sorting.texts.show(name, asTable(texts), ['text']);
    if (model.backbone !== undefined) void sorting.go(model.backbone, skill);
  }
  route.go('lists');
}

function asTable(texts: readonly string[]): Table {
  return {
    columns: [{ name: 'text' }], rows: texts.map((text) => [text]), header: true, named: true, lines: [], reading: { separator: ',' }, sheets: [], problems: [],
  };
}
