// jax-js as its documentation shows it: functions own their arguments, `.ref` keeps one for later. It has no BERT: this is one.
import { defaultDevice, init, nn, numpy as np, tree, valueAndGrad } from '/npm/@jax-js/jax/dist/index.js';
import { frozen, learned } from './weights.js';

const make = ({ shape, data }) => np.array(data).reshape(shape);

export async function open({ model, device }) {
  const there = await init(device);
  if (!there.includes(device)) throw new Error(`jax-js has no ${device} here`);
  defaultDevice(device);
  const bert = await frozen(model, make);
  // Its threads are as many as cores, if the page may share memory, or one.
  return { train: (step, steps) => train(bert, step, steps) };
}

async function* train(bert, { ids, labels, rate }, steps) {
  let weights = await learned(make, bert.layers.length);
  let first = tree.map((x) => np.zerosLike(x.ref), weights);
  let second = tree.map((x) => np.zerosLike(x.ref), weights);
  const targets = np.array(labels.map((label) => [1 - label, label]));
  const input = np.array(Int32Array.from(ids.flat()), { dtype: np.int32 });
  const cost = (learning) => {
    const logits = forward(bert, learning, input.ref, ids.length);
    return nn.logSoftmax(logits).mul(targets.ref).sum().mul(-1 / ids.length);
  };
  for (let i = 1; i <= steps; i++) {
    const [loss, gradients] = valueAndGrad(cost)(tree.ref(weights));
    first = tree.map((m, g) => m.mul(0.9).add(g.ref.mul(0.1)), first, gradients);
    second = tree.map((v, g) => v.mul(0.999).add(g.ref.mul(g).mul(0.001)), second, gradients);
    weights = tree.map((w, m, v) => {
      const scale = np.sqrt(v.ref.mul(1 / (1 - 0.999 ** i))).add(1e-8);
      return w.sub(m.ref.mul(rate / (1 - 0.9 ** i)).div(scale));
    }, weights, first, second);
    // A step has ended when its weights are there.
    await Promise.all(tree.leaves(weights).map((x) => x.blockUntilReady()));
    yield (await loss.data())[0];
  }
  [weights, first, second, targets, input].forEach((one) => tree.dispose(one));
}

/** Logits of texts that are all equally long. */
function forward({ config, embeddings, layers }, { places, head }, ids, texts) {
  const [length, width, heads] = [ids.shape[0] / texts, config.hidden_size, config.num_attention_heads];
  const linear = (x, { weight, bias }) => np.matmul(x, weight.ref).add(bias.ref);
  // What learns is this function's own and used once.
  const learning = (x, { weight, bias }) => np.matmul(x, weight).add(bias);
  const norm = (x, { weight, bias }) => {
    return nn.standardize(x, -1, { epsilon: config.layer_norm_eps }).mul(weight.ref).add(bias.ref);
  };
  const adapt = (x, { down, up }) => learning(nn.silu(learning(x.ref, down)), up).add(x);
  const split = (x) => x.reshape([texts, length, heads, width / heads]);
  const attention = (x, layer) => {
    const [q, k, v] = ['query', 'key', 'value'].map((name) => split(linear(x.ref, layer[`attention.self.${name}`])));
    x.dispose();
    return nn.dotProductAttention(q, k, v).reshape([texts * length, width]);
  };

  const words = np.take(embeddings.word_embeddings.weight.ref, ids, 0).reshape([texts, length, width]);
  const positions = embeddings.position_embeddings.weight.ref.slice([0, length]);
  const types = embeddings.token_type_embeddings.weight.ref.slice([0, 1]);
  let x = norm(words.add(positions).add(types), embeddings.LayerNorm).reshape([texts * length, width]);
  layers.forEach((layer, i) => {
    const attended = linear(attention(x.ref, layer), layer['attention.output.dense']);
    x = norm(adapt(attended, places[i][0]).add(x), layer['attention.output.LayerNorm']);
    const up = nn.gelu(linear(x.ref, layer['intermediate.dense']), { approximate: false });
    x = norm(adapt(linear(up, layer['output.dense']), places[i][1]).add(x), layer['output.LayerNorm']);
  });
  const first = x.reshape([texts, length, width]).slice([], 0);
  return learning(np.tanh(learning(first, head[0])), head[1]);
}
