import itertools, json, regex, unicodedata  # regex: pip install regex

tokenizer = json.load(open("tokenizer.json", encoding="utf-8"))
number = {token: i for i, token in enumerate(tokenizer["tokens"]) if i > tokenizer["unknown"]}

def cut(word, size):
    return word.encode()[:size].decode(errors="ignore")

def words(text):
    for word in regex.split(r"(?w)\b", text):
        if not regex.fullmatch(r"[\p{White_Space}\p{Cc}]*", word):
            word = unicodedata.normalize("NFC", cut(word, 4 * tokenizer["longest_word"]))
            yield cut(word, tokenizer["longest_word"]).replace("\u2019", "'").lower()

def tokens(text):
    before = None
    for word in words(text):
        if tokenizer["kind"] == "characters":
            marked = f"<{word}>"
            for i, n in itertools.product(range(len(marked) - 1), range(1, tokenizer["longest_gram"] + 1)):
                if i + n <= len(marked) and (i, n) != (0, 1):
                    yield marked[i:i + n]
        else:
            if tokenizer["kind"] == "word-pairs" and before is not None:
                yield f"{before} {word}"
            yield word
            before = word

def encode(text):
    found = itertools.islice(tokens(text), tokenizer["max_length"])
    return [number.get(token, tokenizer["unknown"]) for token in found] or [tokenizer["unknown"]]
