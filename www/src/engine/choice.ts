import type { DeviceChoice, LoadOptions } from 'graftwork';

const HUB_ID = 'sentence-transformers/all-MiniLM-L6-v2';

/** The hub's commit that the shipped adapters were trained on, and its files' SHA-256. */
const MINILM: LoadOptions = {
  revision: 'c9745ed1d9f207416be6d2e6f8de32d1f16199bf',
  integrity: {
    'config.json': '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41',
    'tokenizer.json': 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
    'model.safetensors': '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
  },
};

const query = new URLSearchParams(location.search);

/** The backbone: of the address (`?backbone=`), else of the build, else of the hub. */
export const source: string = query.get('backbone') ?? import.meta.env.VITE_BACKBONE ?? HUB_ID;

/** What to call it. */
export const name: string = source.replace(/\/+$/, '').split('/').at(-1) ?? source;

/** Digests and revision where the backbone is the known one. */
export const pinned: LoadOptions = name === 'all-MiniLM-L6-v2' ? MINILM : {};

/** Where to compute: of the address (`?device=gpu`), else whatever is fastest. */
export const device = (query.get('device') ?? 'auto') as DeviceChoice;
