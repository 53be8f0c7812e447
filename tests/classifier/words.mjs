// How a classifier's page divides texts into words, without a browser: node words.mjs PAGE TEXTS, where TEXTS is a list in JSON.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [page, texts] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));
const script = page.split("<script>")[1].split("</script>")[0];
const words = vm.runInThisContext(`${script}; words`);
process.stdout.write(JSON.stringify(JSON.parse(texts).map((text) => [...words(text, 64)])));
