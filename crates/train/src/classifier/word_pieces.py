from tokenizers import Tokenizer  # pip install tokenizers

tokenizer = Tokenizer.from_file("tokenizer.json")
tokenizer.no_padding()
tokenizer.enable_truncation(LONGEST)  # [CLS] and [SEP] among them

def encode(text):
    return tokenizer.encode(text).ids
