"use strict";
// A text classifier of Basin: text to tokens (the rules of data/tokens.rs), tokens to probabilities (the formulas of models/*.rs).
// It knows no page, so that node can hold it against the program.

// Word boundaries of Unicode's UAX 29, as one expression whose matches are the segments. Not Intl.Segmenter: where words have no
// spaces between them it takes them from dictionaries, which differ from browser to browser.
const SEGMENT = (() => {
  const extend = "\\p{Grapheme_Extend}\\p{Mc}\\p{Emoji_Modifier}";
  const number = "[\\p{Nd}\\u0600-\\u0605\\u066b\\u06dd\\u0890\\u0891\\u08e2\\u19da\\u{110bd}\\u{110cd}]";
  // Marks that belong to what stands before them.
  const x = `[[${extend}\\p{Cf}]--[\\u200b\\u070f]--${number}]*`;
  const katakana = "[\\p{Script=Katakana}\\u3031-\\u3035\\u309b\\u309c\\u30a0\\u30fc\\uff70]";
  const hebrew = "[\\p{Script=Hebrew}&&\\p{Lo}]";
  const unspaced = ["Hiragana", "Thai", "Lao", "Myanmar", "Khmer", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet", "Ahom"];
  const others = `${katakana}${number}[${extend}]\\p{Ideographic}${unspaced.map((script) => `\\p{Script=${script}}`).join("")}`;
  const modifiers = "\\u02c2-\\u02c5\\u02d2-\\u02d7\\u02de\\u02df\\u02e5-\\u02eb\\u02ed\\u02ef-\\u02ff\\ua708-\\ua716\\ua720\\ua721\\ua789\\ua78a\\uab5b";
  const letter = `[[\\p{Alphabetic}${modifiers}\\u00b8\\u055a-\\u055c\\u055e\\u058a\\u05f3\\u070f]--[${others}]]`;
  const between = "[.\\u2018\\u2019\\u2024\\ufe52\\uff07\\uff0e']";
  const betweenLetters = `[${between}:\\u00b7\\u0387\\u055f\\u05f4\\u2027\\ufe13\\ufe55\\uff1a]`;
  const betweenNumbers = `[${between},;\\u037e\\u0589\\u060c\\u060d\\u066c\\u07f8\\u2044\\ufe50\\ufe54\\uff0c\\uff1b]`;
  const underline = "[\\p{Pc}\\u202f]";

  const letters = `${letter}${x}(?:${betweenLetters}${x}(?=${letter})|(?<=${hebrew}${x})"${x}(?=${hebrew}))?`;
  const numbers = `${number}${x}(?:${betweenNumbers}${x}(?=${number}))?`;
  const run = `(?:(?:${letters}|${numbers})+|(?:${katakana}${x})+)`;
  const lines = `(?:${underline}${x})+`;
  const word = `(?:(?:${lines})?${run}(?:${lines}${run})*(?:${lines})?|${lines})(?:(?<=${hebrew}${x})'${x})?`;
  const flag = "\\p{Regional_Indicator}";
  // Before them nothing else of a line end, after a joiner a pictograph.
  const any = `(?:${word}|${flag}${x}${flag}${x}|[\\p{Zs}--[\\u00a0\\u2007\\u202f]]+${x}|[^\\r\\n]${x})`;
  return new RegExp(`\\r\\n|[\\r\\n\\v\\f\\u0085\\u2028\\u2029]|${any}(?:(?<=\\u200d)\\p{Extended_Pictographic}${x})*`, "gv");
})();

const SILENT = /^[\p{White_Space}\p{Cc}]*$/u;

// As many whole letters of a word as fit into so many bytes of UTF-8.
function cut(word, bytes) {
  let end = 0;
  for (const letter of word) {
    const code = letter.codePointAt(0);
    bytes -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes < 0) break;
    end += letter.length;
  }
  return word.slice(0, end);
}

function* words(text, longest) {
  for (const [segment] of text.matchAll(SEGMENT)) {
    if (SILENT.test(segment)) continue;
    yield cut(cut(segment, 4 * longest).normalize("NFC"), longest).replaceAll("\u2019", "'").toLowerCase();
  }
}

function* tokens(text, { kind, longest_word, longest_gram }) {
  let before;
  for (const word of words(text, longest_word)) {
    if (kind === "characters") {
      const marked = ["<", ...word, ">"];
      for (let start = 0; start < marked.length - 1; start++) {
        for (let length = start === 0 ? 2 : 1; length <= longest_gram && start + length <= marked.length; length++) {
          yield marked.slice(start, start + length).join("");
        }
      }
      continue;
    }
    if (kind === "word-pairs" && before !== undefined) yield `${before} ${word}`;
    yield word;
    before = word;
  }
}

// Numbers of 16 bits as those of 32.
function halves(bytes) {
  const view = new DataView(bytes.buffer), found = new Float32Array(bytes.length / 2);
  for (let i = 0; i < found.length; i++) {
    const bits = view.getUint16(2 * i, true), sign = bits & 0x8000 ? -1 : 1, power = (bits >> 10) & 31, rest = bits & 1023;
    found[i] = sign * (power === 0 ? rest * 2 ** -24 : power === 31 ? (rest ? NaN : Infinity) : (1 + rest / 1024) * 2 ** (power - 15));
  }
  return found;
}

// Weights of a leaf from their bytes: crates/train/src/classifier/rounding.rs.
function numbers(bytes, { rows, cols, bits }) {
  if (bits === 32) return new Float32Array(bytes.buffer);
  if (bits === 16) return halves(bytes);
  const scales = new Float32Array(bytes.slice(0, 4 * rows).buffer), packed = bytes.subarray(4 * rows);
  const middle = 2 ** (bits - 1), found = new Float32Array(rows * cols);
  for (let i = 0; i < found.length; i++) {
    const number = (packed[(i * bits) >> 3] >> ((i * bits) & 7)) & (2 * middle - 1);
    found[i] = (number - middle) * scales[Math.floor(i / cols)];
  }
  return found;
}

// How many bytes a leaf has.
const size = ({ rows, cols, bits }) => (bits < 16 ? 4 * rows : 0) + Math.ceil((rows * cols * bits) / 8);

// x W + b for each row of x; without b where there is none.
function layer(x, weight, bias) {
  const { values, rows, cols } = weight;
  const count = x.length / rows, y = new Float64Array(count * cols);
  for (let i = 0; i < count; i++) {
    const to = y.subarray(i * cols, (i + 1) * cols);
    if (bias) to.set(bias.values);
    for (let k = 0; k < rows; k++) {
      const factor = x[i * rows + k], from = k * cols;
      if (factor !== 0) for (let j = 0; j < cols; j++) to[j] += factor * values[from + j];
    }
  }
  return y;
}

// The mean of rows of a width.
function mean(x, width) {
  const sum = new Float64Array(width), count = x.length / width;
  for (let i = 0; i < x.length; i++) sum[i % width] += x[i] / count;
  return sum;
}

// Each row with mean 0 and variance 1.
function normed(x, width) {
  const y = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += width) {
    const values = x.subarray(row, row + width), middle = mean(values, 1)[0];
    const variance = mean(values.map((value) => (value - middle) ** 2), 1)[0];
    for (let k = 0; k < width; k++) y[row + k] = (values[k] - middle) / Math.sqrt(variance + 1e-5);
  }
  return y;
}

function softmax(scores) {
  const highest = Math.max(...scores), exps = scores.map((score) => Math.exp(score - highest));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((value) => value / sum);
}

// What each network makes of the rows of a text, [length, dim], and its leaves.
const FEATURES = {
  bag: (x, w, dim) => mean(x, dim),

  cnn: (x, w, dim) => {
    const length = x.length / dim, found = [];
    for (const width of [3, 4, 5]) {
      const weight = w(`conv${width}.weight`), bias = w(`conv${width}.bias`);
      const strongest = new Float64Array(weight.cols);
      // A window counts if its last token is one; a text shorter than a window has one, and zeros after it.
      for (let place = 0; place === 0 || place + width <= length; place++) {
        const window = new Float64Array(width * dim);
        window.set(x.subarray(place * dim, (place + width) * dim));
        layer(window, weight, bias).forEach((answer, i) => (strongest[i] = Math.max(strongest[i], answer)));
      }
      found.push(...strongest);
    }
    return Float64Array.from(found);
  },

  attention: (x, w, dim) => {
    const length = x.length / dim;
    x = x.map((value, i) => {
      const k = i % dim, angle = Math.floor(i / dim) / 10000 ** ((k - (k % 2)) / dim);
      return value + 0.1 * (k % 2 ? Math.cos(angle) : Math.sin(angle));
    });
    const seen = normed(x, dim);
    const [query, key, value] = ["query", "key", "value"].map((name) => layer(seen, w(name)));
    const attended = new Float64Array(x.length), scores = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < length; j++) {
        scores[j] = 0;
        for (let k = 0; k < dim; k++) scores[j] += (query[i * dim + k] * key[j * dim + k]) / Math.sqrt(dim);
      }
      softmax(scores).forEach((share, j) => {
        for (let k = 0; k < dim; k++) attended[i * dim + k] += share * value[j * dim + k];
      });
    }
    const out = layer(attended, w("output"));
    x = x.map((value, i) => value + out[i]);
    const inner = layer(normed(x, dim), w("hidden.weight"), w("hidden.bias")).map((value) => Math.max(value, 0));
    const back = layer(inner, w("back.weight"), w("back.bias"));
    x = x.map((value, i) => value + back[i]);
    return mean(normed(x, dim), dim);
  },
};

// The features of one text, or of two as one.
function join([u, v], pair) {
  if (!v) return u;
  const more = pair === "interaction" ? [...u.map((a, i) => Math.abs(a - v[i])), ...u.map((a, i) => a * v[i])] : [];
  return Float64Array.from([...u, ...v, ...more]);
}

// A classifier from the two parts of its page. `answer` takes one text, or two, and gives the probabilities of the classes, and
// how many tokens are known, of how many.
function classifier(tokenizer, { model, leaves, weights, classes }) {
  const bytes = Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
  const known = new Map(tokenizer.tokens.map((token, i) => [token, i]).slice(tokenizer.unknown + 1));
  const byName = new Map();
  let place = 0;
  for (const leaf of leaves) {
    byName.set(leaf.name, { ...leaf, values: numbers(bytes.slice(place, (place += size(leaf))), leaf) });
  }
  const w = (name) => byName.get(name);

  function encode(text) {
    const ids = [];
    for (const token of tokens(text, tokenizer)) {
      if (ids.length === tokenizer.max_length) break;
      ids.push(known.get(token) ?? tokenizer.unknown);
    }
    return ids;
  }

  function answer(...texts) {
    const ids = texts.map(encode), { values, cols } = w("embedding");
    const features = ids.map((of) => {
      const rows = Float64Array.from((of.length ? of : [tokenizer.unknown]).flatMap((id) => [...values.subarray(id * cols, (id + 1) * cols)]));
      return FEATURES[model.kind](rows, w, cols);
    });
    let hidden = join(features, model.pair);
    if (model.kind === "bag") hidden = layer(hidden, w("hidden.weight"), w("hidden.bias")).map(Math.tanh);
    const probabilities = [...softmax(layer(hidden, w("head.weight"), w("head.bias")))];
    const all = ids.flat();
    return { probabilities, known: all.filter((id) => id !== tokenizer.unknown).length, total: all.length };
  }

  return { classes, encode, answer };
}
