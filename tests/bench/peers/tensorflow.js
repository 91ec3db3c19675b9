// TensorFlow.js by the script tags of its documentation. The core alone knows no gradients: its bundlers drop what registers
// them, so it is the whole package. It has no BERT: this is one.
import { frozen, learned, script } from './weights.js';

const npm = '/npm/@tensorflow';

export async function open({ model, device, threads }) {
  await script(`${npm}/tfjs/dist/tf.min.js`);
  await script(`${npm}/tfjs-backend-${device}/dist/tf-backend-${device}.min.js`);
  const { tf } = window;
  if (device === 'wasm') {
    tf.wasm.setThreadsCount(Number(threads));
    tf.wasm.setWasmPaths(`${npm}/tfjs-backend-wasm/dist/`);
  }
  if (!(await tf.setBackend(device))) throw new Error(`TensorFlow.js has no ${device} here`);
  await tf.ready();
  const bert = await frozen(model, ({ shape, data }) => tf.tensor(data, shape));
  return { train: (step, steps) => train(tf, bert, step, steps) };
}

async function* train(tf, bert, { ids, labels, rate }, steps) {
  const { places, head } = await learned(({ shape, data }) => tf.variable(tf.tensor(data, shape)), bert.layers.length);
  const linears = [...places.flat().flatMap(({ down, up }) => [down, up]), ...head];
  const variables = linears.flatMap(({ weight, bias }) => [weight, bias]);
  const optimizer = tf.train.adam(rate, 0.9, 0.999, 1e-8);
  const loss = () => {
    const logits = forward(tf, bert, places, head, ids);
    return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, 'int32'), 2), logits);
  };
  for (let i = 0; i < steps; i++) {
    const cost = optimizer.minimize(loss, true, variables);
    yield (await cost.data())[0];
    cost.dispose();
  }
  tf.dispose([variables]);
  optimizer.dispose();
}

/** Logits of texts that are all equally long. */
function forward(tf, { config, embeddings, layers }, places, head, ids) {
  const [texts, length, width] = [ids.length, ids[0].length, config.hidden_size];
  const [heads, rows] = [config.num_attention_heads, [texts * length, width]];
  const linear = (a, { weight: b, bias }) => tf.fused.matMul({ a, b, bias });
  const norm = (x, { weight, bias }) => {
    const { mean, variance } = tf.moments(x, -1, true);
    const scaled = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, config.layer_norm_eps)));
    return tf.add(tf.mul(scaled, weight), bias);
  };
  const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const adapt = (x, { down, up }) => {
    const narrow = linear(x, down);
    return tf.add(linear(tf.mul(narrow, tf.sigmoid(narrow)), up), x);
  };
  const split = (x) => tf.transpose(tf.reshape(x, [texts, length, heads, width / heads]), [0, 2, 1, 3]);
  const attention = (x, layer) => {
    const [q, k, v] = ['query', 'key', 'value'].map((name) => split(linear(x, layer[`attention.self.${name}`])));
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads));
    return tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]), rows);
  };

  const words = tf.gather(embeddings.word_embeddings.weight, tf.tensor2d(ids, undefined, 'int32'));
  const positions = tf.slice(embeddings.position_embeddings.weight, [0, 0], [length, width]);
  const types = tf.slice(embeddings.token_type_embeddings.weight, [0, 0], [1, width]);
  let x = tf.reshape(norm(tf.add(tf.add(words, positions), types), embeddings.LayerNorm), rows);
  layers.forEach((layer, i) => {
    const attended = linear(attention(x, layer), layer['attention.output.dense']);
    x = norm(tf.add(adapt(attended, places[i][0]), x), layer['attention.output.LayerNorm']);
    const fed = linear(gelu(linear(x, layer['intermediate.dense'])), layer['output.dense']);
    x = norm(tf.add(adapt(fed, places[i][1]), x), layer['output.LayerNorm']);
  });
  const first = tf.reshape(tf.slice(tf.reshape(x, [texts, length, width]), [0, 0, 0], [texts, 1, width]), [texts, width]);
  return linear(tf.tanh(linear(first, head[0])), head[1]);
}
