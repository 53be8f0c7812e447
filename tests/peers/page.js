// The training step in both frameworks, and the clock around it. Runs in the page that browser_sam.mjs opens.

const [VOCABULARY, DIM, HIDDEN, CLASSES, BATCH, LENGTH, BATCHES] = [4096, 64, 128, 4, 32, 32, 16];
const [RATE, RHO, REPEATS, TURN_MILLIS] = [0.1, 0.2, 5, 200];

// Token numbers and labels stay in the page: a step brings its batch to the device, as Basin's does.
const draw = (count, below) => Int32Array.from({ length: count }, () => Math.floor(Math.random() * below));
const uniform = (count, bound) => Float32Array.from({ length: count }, () => (Math.random() * 2 - 1) * bound);
const tokens = Array.from({ length: BATCHES }, () => draw(BATCH * LENGTH, VOCABULARY));
const labels = Array.from({ length: BATCHES }, () => draw(BATCH, CLASSES));

// How often a token is in a text over the text's length, [texts, tokens]: the mean of the rows is a product with it.
// A look-up would be the natural form, but its gradient is missing in TensorFlow.js on wasm and in jitted jax-js, and
// takes seconds a step in TensorFlow.js elsewhere.
function shares(tokens) {
  const shares = new Float32Array(BATCH * VOCABULARY);
  tokens.forEach((token, place) => { shares[Math.floor(place / LENGTH) * VOCABULARY + token] += 1 / LENGTH; });
  return shares;
}

function load(script) {
  return new Promise((resolve, reject) => document.head.append(Object.assign(document.createElement("script"), { src: script, onload: resolve, onerror: () => reject(new Error(`${script} does not load`)) })));
}

async function tensorflow(backend) {
  await load("/@tensorflow/tfjs/dist/tf.min.js");
  if (backend !== "cpu") await load(`/@tensorflow/tfjs-backend-${backend}/dist/tf-backend-${backend}.min.js`);
  if (backend === "wasm") tf.wasm.setWasmPaths("/@tensorflow/tfjs-backend-wasm/dist/");
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here`);
  const variable = (shape, bound) => tf.variable(tf.tensor(uniform(shape.reduce((a, b) => a * b), bound), shape));
  const w = [variable([VOCABULARY, DIM], 0.1), variable([DIM, HIDDEN], DIM ** -0.5), variable([HIDDEN], 0), variable([HIDDEN, CLASSES], HIDDEN ** -0.5), variable([CLASSES], 0)];
  const [embedding, hidden, hiddenBias, head, headBias] = w;
  return {
    step(i) {
      tf.tidy(() => {
        const x = tf.tensor2d(shares(tokens[i]), [BATCH, VOCABULARY]);
        const y = tf.oneHot(tf.tensor1d(labels[i], "int32"), CLASSES).toFloat();
        const loss = () => {
          const logits = x.matMul(embedding).matMul(hidden).add(hiddenBias).tanh().matMul(head).add(headBias);
          return tf.losses.softmaxCrossEntropy(y, logits);
        };
        const slope = () => { const { grads } = tf.variableGrads(loss, w); return w.map((leaf) => grads[leaf.name]); };
        const g = slope();
        const factor = tf.div(RHO, tf.sqrt(tf.addN(g.map((leaf) => leaf.square().sum()))));
        const before = w.map((leaf) => leaf.clone());
        w.forEach((leaf, k) => leaf.assign(leaf.add(g[k].mul(factor))));
        const descent = slope();
        w.forEach((leaf, k) => leaf.assign(before[k].sub(descent[k].mul(RATE))));
      });
    },
    // A read of one number waits for all that it depends on.
    done: () => headBias.data(),
  };
}

async function jax(backend) {
  const { blockUntilReady, defaultDevice, grad, init, jit, nn, numpy: np, tree } = await import("@jax-js/jax");
  if (!(await init(backend)).includes(backend)) throw new Error(`jax-js has no device ${backend} here`);
  defaultDevice(backend);
  const leaf = (shape, bound) => np.array(uniform(shape.reduce((a, b) => a * b), bound)).reshape(shape);
  let w = { embedding: leaf([VOCABULARY, DIM], 0.1), hidden: leaf([DIM, HIDDEN], DIM ** -0.5), hiddenBias: np.zeros([HIDDEN]), head: leaf([HIDDEN, CLASSES], HIDDEN ** -0.5), headBias: np.zeros([CLASSES]) };
  // In jax-js a use consumes an array; `ref` keeps it for one more.
  const loss = (w, x, y) => {
    const logits = np.dot(np.tanh(np.dot(np.dot(x, w.embedding), w.hidden).add(w.hiddenBias)), w.head).add(w.headBias);
    return nn.logSoftmax(logits, -1).mul(nn.oneHot(y, CLASSES)).sum().mul(-1 / BATCH);
  };
  const sam = jit((w, x, y) => {
    const g = grad(loss)(tree.ref(w), x.ref, y.ref);
    const squares = tree.leaves(tree.ref(g)).map((leaf) => np.square(leaf).sum());
    const factor = np.divide(RHO, np.sqrt(squares.reduce((a, b) => a.add(b))));
    const climbed = tree.map((w, g) => w.add(g.mul(factor.ref)), tree.ref(w), g);
    factor.dispose();
    const descent = grad(loss)(climbed, x, y);
    return tree.map((w, g) => w.sub(g.mul(RATE)), w, descent);
  });
  return {
    step(i) { w = sam(w, np.array(shares(tokens[i])).reshape([BATCH, VOCABULARY]), np.array(labels[i])); },
    done: () => blockUntilReady(w),
  };
}

export async function measure(framework, backend) {
  const { step, done } = await (framework === "jax-js" ? jax : tensorflow)(backend);
  const take = async (steps) => {
    const begin = performance.now();
    for (let i = 0; i < steps; i++) step(i % BATCHES);
    await done();
    return (performance.now() - begin) / steps;
  };
  await take(2);
  await take(4);
  const steps = Math.max(1, Math.round(TURN_MILLIS / (await take(4))));
  const millis = [];
  for (let k = 0; k < REPEATS; k++) millis.push(await take(steps));
  return millis.sort((a, b) => a - b)[Math.floor(REPEATS / 2)];
}
