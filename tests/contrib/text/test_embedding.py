"""Vectors of tokens from files; the expected values are what MXNet 1.2.1 and 1.9.1 answer."""

import hashlib
import zipfile
from collections import Counter

import pytest

import mxnet as mx
from mxnet.contrib.text import embedding
from mxnet.contrib.text.embedding import CompositeEmbedding, CustomEmbedding
from mxnet.contrib.text.vocab import Vocabulary


@pytest.fixture
def make(tmp_path):
    def made(text, **options):
        path = tmp_path / "vectors.txt"
        path.write_text(text)
        return CustomEmbedding(str(path), **options)

    return made


@pytest.fixture
def abc(make):
    return make("a 0.5 1\nb 2 3\n<unk> 9 9\nC 4 5\n")


def lists(array):
    return array.asnumpy().tolist()


def test_tokens_are_numbered_in_the_order_of_the_file(abc):
    assert (abc.idx_to_token, abc.vec_len) == (["<unk>", "a", "b", "C"], 2)
    assert lists(abc.idx_to_vec) == [[9, 9], [0.5, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(("init", "expected"), [(mx.nd.zeros, [0, 0]), (mx.nd.ones, [1, 1])])
def test_the_unknown_token_gets_a_vector_if_the_file_has_none(make, init, expected):
    assert lists(make("a 1 2\n", init_unknown_vec=init).idx_to_vec[0]) == expected


def test_reserved_tokens_have_vectors_too(make):
    made = make("a 1 2\n", reserved_tokens=["<pad>", "a"])
    assert made.idx_to_token == ["<unk>", "<pad>", "a"]
    assert lists(made.idx_to_vec) == [[0, 0], [0, 0], [1, 2]]


def test_one_token_gives_a_vector_and_several_give_a_matrix(abc):
    assert lists(abc.get_vecs_by_tokens("a")) == [0.5, 1]
    assert lists(abc.get_vecs_by_tokens(["b", "nowhere"])) == [[2, 3], [9, 9]]


def test_lower_case_is_a_backup_only(abc):
    assert lists(abc.get_vecs_by_tokens(["B", "C"], lower_case_backup=True)) == [[2, 3], [4, 5]]


def test_vectors_are_replaced_by_token(abc):
    abc.update_token_vectors("a", mx.nd.array([7, 8]))
    abc.update_token_vectors(["b", "<unk>"], mx.nd.array([[1, 1], [0, 0]]))
    assert lists(abc.idx_to_vec) == [[0, 0], [7, 8], [1, 1], [4, 5]]


def test_an_unknown_token_is_not_updated_by_mistake(abc):
    with pytest.raises(ValueError, match="'nowhere' has no vector of its own.*'<unk>'"):
        abc.update_token_vectors("nowhere", mx.nd.ones(2))


@pytest.mark.parametrize("vectors", [mx.nd.ones((1, 3)), mx.nd.ones((2, 2)), [1, 2]])
def test_new_vectors_have_the_length_of_the_old(abc, vectors):
    with pytest.raises(AssertionError, match=r"new_vectors must be an NDArray of shape \(1, 2\)"):
        abc.update_token_vectors("a", vectors)


def test_a_vocabulary_says_which_tokens_are_kept_and_their_numbers(make):
    words = Vocabulary(Counter(b=2, other=1), unknown_token="U", reserved_tokens=["a"])
    made = make("a 1 2\nb 3 4\n", vocabulary=words)
    assert (made.idx_to_token, made.unknown_token, made.reserved_tokens) == (
        ["U", "a", "b", "other"],
        "U",
        ["a"],
    )
    assert lists(made.idx_to_vec) == [[0, 0], [1, 2], [3, 4], [0, 0]]


def test_a_composite_puts_vectors_one_after_the_other(abc):
    made = CompositeEmbedding(Vocabulary(Counter(b=2, other=1)), [abc, abc])
    assert made.vec_len == 4
    assert lists(made.idx_to_vec) == [[9, 9, 9, 9], [2, 3, 2, 3], [9, 9, 9, 9]]


def test_a_composite_of_one_is_its_selection(abc):
    assert lists(CompositeEmbedding(Vocabulary(Counter(b=2)), abc).idx_to_vec) == [[9, 9], [2, 3]]


@pytest.mark.parametrize("embeddings", [[], [3], 3])
def test_a_composite_is_made_of_embeddings(embeddings):
    with pytest.raises((mx.MXNetError, TypeError)):
        CompositeEmbedding(Vocabulary(), embeddings)


@pytest.mark.parametrize(
    ("text", "options", "tokens"),
    [
        ("a 1 2\na 3 4\nb 5 6\n", {}, ["<unk>", "a", "b"]),
        ("<unk> 1 2\n<unk> 3 4\nb 5 6\n", {}, ["<unk>", "b"]),
        ("3 2\nq 1 2\n", {}, ["<unk>", "q"]),
    ],
)
def test_repeated_tokens_and_headers_are_left_out_with_a_warning_at_the_users_line(
    make, text, options, tokens
):
    with pytest.warns(UserWarning, match="left out") as caught:
        made = make(text, **options)
    assert made.idx_to_token == tokens
    assert caught[0].filename == __file__


def test_tokens_may_contain_spaces_where_something_else_delimits(make):
    assert make("a b\t1\t2\n", elem_delim="\t").idx_to_token == ["<unk>", "a b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1 2\nc 1 2 3\n", "line 2: the vector of 'c' has 3 elements, those before have 2"),
        ("a 1 2\n\n", "line 2: expected a token"),
        ("a 1 x\n", "line 1: the vector of 'a' is not of numbers"),
        ("", "has no token with a vector"),
    ],
)
def test_a_file_of_another_form_is_refused_with_the_line(make, text, message):
    with pytest.raises(AssertionError, match=message) as error:
        make(text)
    assert isinstance(error.value, mx.MXNetError)


def test_a_missing_file_is_named():
    with pytest.raises(ValueError, match="no file nowhere.txt"):
        CustomEmbedding("nowhere.txt")


# ---------------------------------------------------------------------------------------------- pretrained ones


def test_pretrained_files_are_listed_by_embedding():
    names = embedding.get_pretrained_file_names()
    assert {"glove", "fasttext"} <= set(names)
    assert (len(names["glove"]), len(names["fasttext"])) == (10, 327)
    assert names["glove"] == embedding.get_pretrained_file_names("glove")
    assert "wiki.simple.vec" in names["fasttext"]


def test_what_would_be_downloaded_is_named_with_its_place(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        embedding.create("GloVe", pretrained_file_name="glove.6B.50d.txt", embedding_root=str(tmp_path))
    assert str(error.value) == (
        "GloVe needs the file glove.6B.50d.txt, which is not downloaded: put it, or glove.6B.zip which it is in, "
        f"into {tmp_path}/glove."
    )


def test_files_are_looked_for_in_mxnet_home(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    with pytest.raises(mx.MXNetError, match=f"into {tmp_path}/embeddings/fasttext"):
        embedding.create("fasttext")


@pytest.fixture
def words(tmp_path):
    """Register an embedding with one published file, and return that file's place and text."""
    text = b"a 1 2\n"

    class Words(embedding._TokenEmbedding):
        pretrained_file_name_sha1 = {"words.txt": hashlib.sha1(text).hexdigest()}

        def __init__(self, pretrained_file_name="words.txt", embedding_root=str(tmp_path), vocabulary=None):
            self._check_pretrained_file_names(pretrained_file_name)
            super().__init__()
            path = self._get_pretrained_file(embedding_root, pretrained_file_name)
            self._load_embedding(path, " ", mx.nd.zeros)
            self._build_embedding_for_vocabulary(vocabulary)

        @classmethod
        def _get_download_file_name(cls, pretrained_file_name):
            return "words.zip"

    from mxnet import registry

    embedding.register(Words)
    (tmp_path / "words").mkdir()
    yield tmp_path / "words", text
    del registry._registries[embedding._TokenEmbedding]["words"]


def test_an_embedding_of_ones_own_is_found_by_name(words):
    folder, text = words
    (folder / "words.txt").write_bytes(text)
    assert embedding.get_pretrained_file_names("words") == ["words.txt"]
    assert embedding.create("words").idx_to_token == ["<unk>", "a"]


def test_an_archive_is_unpacked(words):
    folder, text = words
    with zipfile.ZipFile(folder / "words.zip", "w") as archive:
        archive.writestr("words.txt", text)
    assert lists(embedding.create("words").idx_to_vec) == [[0, 0], [1, 2]]


def test_half_a_download_is_not_taken_for_the_file(words):
    folder, text = words
    (folder / "words.txt").write_bytes(text[:3])
    with pytest.raises(mx.MXNetError, match="not the whole of it: its SHA-1 is"):
        embedding.create("words")


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: embedding.create("glov"),
            AssertionError,
            "not registered as an embedding. Did you mean 'glove'",
        ),
        (
            lambda: embedding.create("glove", pretrained_file_name="glove.6B"),
            KeyError,
            "no pretrained file 'glove.6B'",
        ),
        (lambda: embedding.get_pretrained_file_names("zzz"), KeyError, "no embedding 'zzz'"),
        (lambda: embedding.register(int), AssertionError, "Only subclasses of _TokenEmbedding"),
    ],
)
def test_unknown_names_are_errors_of_the_kind_that_mxnet_raises(call, kind, message):
    with pytest.raises(kind, match=message) as error:
        call()
    assert isinstance(error.value, mx.MXNetError)
