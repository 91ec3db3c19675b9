import { GraftworkError } from 'graftwork';

/** A failure in words for the person at the screen. */
export interface Explained {
  /** What happened. */
  title: string;
  /** What to do. */
  advice: string;
  /** What the program says, for a report. */
  detail: string;
  /** Whether the engine has to be started again. */
  restart: boolean;
}

const KNOWN: Record<string, [title: string, advice: string]> = {
  'bad-adapter': ['This file is not an adapter that graftwork can read.', 'Choose a .safetensors file that graftwork has written.'],
  'wrong-backbone': ['This adapter was made for another model.', 'An adapter works only on the backbone it was trained on. If that is the page’s other one, choose that first: “Change” is under Teach.'],
  'bad-backbone': ['The model’s files are damaged or of an unknown kind.', 'Delete what is stored (at the foot of the page), then try again.'],
  'bad-examples': ['These examples cannot be learned from.', 'Every example needs a text and one of the labels.'],
  'bad-option': ['A setting is out of its range.', 'Check the settings, then try again.'],
  'wrong-task': ['This adapter is for something else.', 'Choose one that was made for this view.'],
  'no-head': ['This adapter gives no labels.', 'Choose one that was trained to classify texts.'],
  diverged: ['The training went astray: its loss is no longer a number.', 'Choose a lower learning rate in the settings, then train again.'],
  'no-gpu': ['There is no GPU that this page may use.', 'Open the page without “device=gpu” in its address.'],
  'device-lost': ['The GPU went away: another program or the driver reset it.', 'Start again; what you saved is safe.'],
  'out-of-memory': ['The GPU has not enough memory.', 'Close other tabs and programs that use it, then start again.'],
  gpu: ['The GPU refused a command.', 'Start again. If that does not help, add “?device=cpu” to the address.'],
  integrity: ['A downloaded file is not the one expected, and was not used.', 'Try again. If it stays so, tell whoever runs this site.'],
  quota: ['The browser’s storage is full.', 'Free some disk space or delete other sites’ data, then try again.'],
  storage: ['The browser gives this page no storage.', 'Private windows may do that: use an ordinary one, or download your adapter before you leave.'],
  'no-run': ['That training run is no longer stored.', 'Train again from your examples.'],
  'bad-run': ['That training run is damaged, or of an older version of this page.', 'Discard it, then train again from your examples.'],
  busy: ['This is being trained already, perhaps in another tab.', 'Wait until that is over, or stop it.'],
  disposed: ['The engine was stopped.', 'Start it again.'],
  internal: ['Something broke inside the engine.', 'Start it again; what you saved is safe.'],
};

const RESTART = ['device-lost', 'out-of-memory', 'gpu', 'internal', 'disposed'];

/** Puts any failure into words. */
export function explain(thrown: unknown): Explained {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof GraftworkError ? thrown.code : undefined;
  if (code === 'network') {
    const [title, advice] = navigator.onLine
      ? ['The model could not be downloaded.', 'Check your connection, then try again.']
      : ['You are offline, and the model is not on this machine yet.', 'Connect once; after that the page works offline.'];
    return { title, advice, detail, restart: false };
  }
  const known = code === undefined ? undefined : KNOWN[code];
  const full = thrown instanceof DOMException && thrown.name === 'QuotaExceededError' ? KNOWN['quota'] : undefined;
  const [title, advice] = known ?? full ?? ['That did not work.', 'Try again.'];
  return { title, advice, detail, restart: code !== undefined && RESTART.includes(code) };
}

/** Whether a call was only given up. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}
