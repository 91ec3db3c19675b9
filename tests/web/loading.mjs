// Downloads on real networks: they break, servers have their ways, tabs come and go.
import { equal } from './native.mjs';
import { sha256 } from './shelf.mjs';

/** Bytes of a segment in the cache: see SEGMENT in web/src/store.ts. */
const SEGMENT = 2 << 20;
const WEIGHTS = 'model.safetensors';

/** Loads on the CPU; gives the fingerprint, what progress said of the weights, or the error's code. */
export function load(page, source, options) {
  return page.evaluate(async ({ source, options }) => {
    window.loaded = 0;
    const seen = [];
    const onProgress = (at) => {
      if (at.phase !== 'download' || at.file !== 'model.safetensors') return;
      window.loaded = at.loaded;
      seen.push(at);
    };
    let fingerprint;
    const code = await window.failure(async () => {
      const backbone = await window.graftwork.Backbone.load(source, { device: 'cpu', onProgress, ...options });
      fingerprint = backbone.info.fingerprint;
      backbone.dispose();
    });
    return fingerprint === undefined ? { code } : { fingerprint, first: seen[0], last: seen.at(-1) };
  }, { source, options });
}

/** Waits until the page has more than so many bytes. */
function hasMore(page, bytes) {
  return page.waitForFunction((bytes) => window.loaded > bytes, bytes, { timeout: 120_000 });
}

async function fresh(page, server) {
  await page.goto(server.address);
  await page.waitForFunction(() => window.ready, null, { timeout: 60_000 });
}

const STALL_ONCE = (n) => (n === 0 ? { stall: 5 << 20 } : {});

export const checks = {
  async 'a download that broke is gone on with after a reload'({ page, server: { shelf, address } }) {
    for (const worker of [true, false]) {
      const folder = `reload-${worker}`;
      const weights = await shelf.putBackbone(folder, { fault: STALL_ONCE });
      const options = { worker, integrity: sha256(weights) };
      // It never ends: what it would say is lost with the page.
      load(page, `/shelf/${folder}`, options).catch(() => undefined);
      await hasMore(page, 2.4 * SEGMENT);
      await fresh(page, { address });
      const found = await load(page, `/shelf/${folder}`, options);
      const path = `${folder}/${WEIGHTS}`;
      equal('requests', shelf.story(path), [
        [undefined, 200, 5 << 20],
        [`bytes=${2 * SEGMENT}-`, 206, weights.length - 2 * SEGMENT],
      ]);
      equal('If-Range', shelf.log.findLast((entry) => entry.path === path).ifRange, `"${sha256(weights).slice(0, 16)}"`);
      equal('progress', [found.first?.resumed, found.first?.cached], [2 * SEGMENT, false]);
      equal('progress', [found.last.loaded, found.last.resumed], [found.last.total, 2 * SEGMENT]);
      const again = await load(page, `/shelf/${folder}`, options);
      equal('the next load', [again.last.cached, again.fingerprint], [true, found.fingerprint]);
      equal('requests', shelf.story(path).length, 2);
    }
  },

  async 'a file that changed in between is fetched anew'({ page, server: { shelf, address } }) {
    const path = `changed/${WEIGHTS}`;
    await shelf.putBackbone('changed', { fault: STALL_ONCE });
    load(page, '/shelf/changed').catch(() => undefined);
    await hasMore(page, 2.4 * SEGMENT);
    const weights = await shelf.putBackbone('changed', {}, 3);
    await fresh(page, { address });
    const found = await load(page, '/shelf/changed');
    equal('requests', shelf.story(path).slice(1), [[`bytes=${2 * SEGMENT}-`, 200, weights.length]]);
    equal('resumed', found.first.resumed, 0);
    const direct = await load(page, '/shelf/changed', { cache: false, integrity: sha256(weights) });
    const before = await load(page, '/golden/tiny-bert');
    equal('weights', [found.fingerprint === direct.fingerprint, found.fingerprint === before.fingerprint], [true, false]);
    // The same date, which is a weak validator, and other bytes: only the digest can tell, and it does.
    await shelf.putBackbone('dated', { etag: null, fault: STALL_ONCE });
    const later = await shelf.putBackbone('later', {}, 5);
    load(page, '/shelf/dated', { integrity: sha256(later) }).catch(() => undefined);
    await hasMore(page, 2.4 * SEGMENT);
    shelf.put(`dated/${WEIGHTS}`, later, { etag: null });
    await fresh(page, { address });
    const dated = await load(page, '/shelf/dated', { integrity: sha256(later) });
    equal('requests', shelf.story(`dated/${WEIGHTS}`).slice(1), [
      [`bytes=${2 * SEGMENT}-`, 206, later.length - 2 * SEGMENT], [undefined, 200, later.length],
    ]);
    equal('whole', dated.last.loaded, dated.last.total);
  },

  async 'a connection that breaks is taken up again'({ page, server: { shelf, elsewhere } }) {
    const whole = [undefined, 200];
    const rest = ['rest', 206];
    // What a server does: what is asked of it after the break.
    const cases = {
      etag: [{}, [rest]],
      date: [{ etag: null }, [rest]],
      'weak etag and date': [{ etag: 'W/"1"' }, [rest]],
      'weak etag': [{ etag: 'W/"1"', modified: null }, [whole]],
      'no length': [{ length: false }, [rest]],
      'no ranges': [{ ranges: 'ignored' }, [['rest', 200]]],
      'refuses ranges': [{ ranges: 'refused' }, [['rest', 416], whole]],
      'another range': [{ ranges: 'wrong' }, [['rest', 206], whole]],
      compressed: [{ gzip: true }, [whole]],
      'out of order': [{ fault: (n) => [{ stall: 3 << 20 }, { status: 503 }, { stall: 2 << 20 }, {}][n], breaks: [2.2, 3.5] }, [['rest', 503], rest, rest]],
      'never works': [{ fault: () => ({ status: 500 }), breaks: [] }, [[undefined, 500], [undefined, 500], [undefined, 500]], 'network'],
      'another origin': [{ place: elsewhere }, [rest]],
      // It hides that, and how long the file really is.
      'another origin compresses': [{ place: elsewhere, gzip: true }, [rest, whole]],
      'another origin always compresses': [{ place: elsewhere, gzip: 'always' }, [['rest', 200], ['rest', 200], whole]],
    };
    const bytes = [];
    for (const [name, [given, expected, code]] of Object.entries(cases)) {
      const { place = '/shelf/', breaks = [2.2], ...how } = given;
      const folder = name.replaceAll(' ', '-');
      const weights = await shelf.putBackbone(folder, { fault: (n) => (n === 0 ? { stall: 3 << 20 } : {}), ...how });
      const path = `${folder}/${WEIGHTS}`;
      const loading = load(page, `${place}${folder}/`, { integrity: sha256(weights) });
      for (const mebibytes of breaks) {
        await hasMore(page, mebibytes * (1 << 20));
        shelf.drop();
      }
      const found = await loading;
      equal(`${name}: error`, found.code, code);
      const asked = shelf.log.filter((entry) => entry.path === path).slice(1);
      const story = asked.map(({ range, status }) => [range === undefined ? range : 'rest', status]);
      equal(name, story, expected);
      for (const { range, ifRange: sent } of asked) {
        equal(`${name}: If-Range`, sent !== undefined, range !== undefined && place === '/shelf/');
      }
      // Nothing that had arrived was sent again.
      const [{ range, status, sent }] = asked;
      const start = Number(range?.slice(6, -1));
      if (status === 206 && !how.ranges && !how.gzip) equal(`${name}: bytes`, sent, weights.length - start);
      if (range !== undefined) bytes.push(start);
    }
    if (Math.min(...bytes) < SEGMENT) throw new Error(`gone on from ${bytes}`);
    return `${Object.keys(cases).length} servers`;
  },

  async 'a hub that sends elsewhere'({ page, server: { shelf, address } }) {
    const weights = await shelf.putBackbone('far', { fault: STALL_ONCE });
    const loading = load(page, 'graft/far', { endpoint: `${address}hub`, revision: 'v1', integrity: sha256(weights) });
    await hasMore(page, 2.4 * SEGMENT);
    shelf.drop();
    const found = await loading;
    equal('whole', found.last?.loaded, found.last?.total);
    // `If-Range` is not let through there, and is left out then.
    const [first, second, ...others] = shelf.log.filter((entry) => entry.path === `far/${WEIGHTS}`);
    equal('answers', [first.status, second.status, second.ifRange, others], [200, 206, undefined, []]);
    equal('bytes', second.sent, weights.length - Number(second.range.slice(6, -1)));
  },

  async 'one download serves all tabs'({ page, server }) {
    const { shelf } = server;
    const other = await page.context().newPage();
    await fresh(other, server);
    await shelf.putBackbone('tabs');
    const both = await Promise.all([page, other].map((tab) => load(tab, '/shelf/tabs')));
    equal('the same', both[0].fingerprint, both[1].fingerprint);
    for (const name of ['config.json', WEIGHTS]) equal(name, shelf.story(`tabs/${name}`).length, 1);

    const weights = await shelf.putBackbone('heir', { fault: STALL_ONCE });
    load(other, '/shelf/heir').catch(() => undefined);
    await hasMore(other, 2.4 * SEGMENT);
    const impatient = load(page, '/shelf/heir', { worker: false });
    const waiting = await page.evaluate(async () => {
      const abort = new AbortController();
      const loading = window.failure(() => window.graftwork.Backbone.load('/shelf/heir', { device: 'cpu', signal: abort.signal }));
      const queue = async () => (await navigator.locks.query()).pending.filter((lock) => lock.name.includes('heir/model'));
      while ((await queue()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      abort.abort();
      return loading;
    });
    equal('a tab that does not want to wait', waiting, 'AbortError');
    await other.close();
    const found = await impatient;
    equal('whole', found.last?.loaded, found.last?.total);
    equal('requests', shelf.story(`heir/${WEIGHTS}`), [
      [undefined, 200, 5 << 20],
      [`bytes=${2 * SEGMENT}-`, 206, weights.length - 2 * SEGMENT],
    ]);
  },

  async 'a connection that falls silent counts as broken'({ page, server: { shelf } }) {
    const weights = await shelf.putBackbone('silent', { fault: STALL_ONCE });
    await page.clock.install();
    const loading = load(page, '/shelf/silent', { worker: false, integrity: sha256(weights) });
    await hasMore(page, 2.4 * SEGMENT);
    // A minute without a byte, and the wait before the next try.
    await page.clock.runFor(70_000);
    const found = await loading;
    equal('whole', found.last?.loaded, found.last?.total);
    equal('answers', shelf.story(`silent/${WEIGHTS}`).map(([, status]) => status), [200, 206]);
  },
};
