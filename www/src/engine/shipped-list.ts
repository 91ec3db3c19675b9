import type { Shipped } from './shipped';

export const shipped: Shipped[] = [];
