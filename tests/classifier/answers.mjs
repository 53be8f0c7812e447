// What a classifier's page answers to texts, without a browser: node answers.mjs PAGE TEXTS, where TEXTS is JSON, a list of lists
// of one text or two. Prints JSON: per list the token numbers and the probabilities.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [page, texts] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));
const part = (start) => page.split(start)[1].split("</script>")[0];
// The policy lets script and style run by their hashes; with others a browser shows a page that does nothing.
for (const text of [part("<script>"), page.split("<style>")[1].split("</style>")[0]]) {
  const hash = `sha256-${createHash("sha256").update(text).digest("base64")}`;
  if (!page.includes(`'${hash}'`)) throw new Error(`the policy of the page lacks ${hash}: see crates/train/src/classifier/page.rs`);
}
const data = (id) => JSON.parse(part(`<script type="application/json" id="${id}">`));
const classifier = vm.runInThisContext(`${part("<script>")}; classifier`);
const { answer, encode } = classifier(data("tokenizer"), data("model"));
const answers = JSON.parse(texts).map((of) => ({ ids: of.map(encode), probabilities: answer(...of).probabilities }));
process.stdout.write(JSON.stringify(answers));
