"""Embeddings: vectors of tokens, read from local files."""

from __future__ import annotations

import hashlib
import os
import warnings
import zipfile
from array import array as numbers
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from mxnet import ndarray as nd
from mxnet import registry
from mxnet.config import knob
from mxnet.contrib.checks import CheckError
from mxnet.contrib.text import _constants
from mxnet.contrib.text.vocab import Vocabulary
from mxnet.errors import FileFormatError, MXNetError, NameLookupError, did_you_mean
from mxnet.ir.node import user_line
from mxnet.ndarray import NDArray

__all__ = [
    "CompositeEmbedding",
    "CustomEmbedding",
    "FastText",
    "GloVe",
    "create",
    "get_pretrained_file_names",
    "register",
]

InitVec = Callable[..., NDArray]


class MissingFileError(MXNetError, ValueError, FileNotFoundError):
    """A file of vectors is not where it should be."""

    __str__ = MXNetError.__str__


class VectorsError(FileFormatError, AssertionError):
    """A file has no vectors of one length; MXNet has an ``assert`` there."""


class NotRegisteredError(CheckError, NameLookupError):
    """No embedding of that name is registered."""


def _default_root() -> str:
    return os.path.join(knob("MXNET_HOME") or "~/.mxnet", "embeddings")


class _TokenEmbedding(Vocabulary):
    """A vocabulary whose tokens have vectors: the base of all embeddings, and of those of your own.

    A subclass that is found with :func:`register` calls ``_load_embedding`` in its ``__init__`` and, if it
    was given a vocabulary, ``_build_embedding_for_vocabulary``. Where its files are in one of MXNet's folders
    of pretrained ones, it lists them in ``pretrained_file_name_sha1``.

    Parameters
    ----------
    **kwargs
        As of `Vocabulary`: ``unknown_token``, ``reserved_tokens``.
    """

    pretrained_file_name_sha1: ClassVar[dict[str, str]] = {}
    """The files of this embedding, and the SHA-1 by which a whole one is known."""
    pretrained_archive_name_sha1: ClassVar[dict[str, str]] = {}
    """The same for the archives that these files are in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._vec_len = 0
        self._idx_to_vec: NDArray | None = None

    @property
    def vec_len(self) -> int:
        """The length of each vector."""
        return self._vec_len

    @property
    def idx_to_vec(self) -> NDArray | None:
        """The vectors, in order of the numbers of their tokens; the first is that of the unknown token."""
        return self._idx_to_vec

    def get_vecs_by_tokens(self, tokens: str | Sequence[str], lower_case_backup: bool = False) -> NDArray:
        """Return the vectors of tokens.

        Parameters
        ----------
        tokens : str or list of str
            One token, or several; unknown ones have the vector of the unknown token.
        lower_case_backup : bool, default False
            Whether a token that is not there is looked up in lower case.

        Returns
        -------
        NDArray
            Of shape (vec_len,) for one token, (number of tokens, vec_len) for several.
        """
        wanted = [tokens] if isinstance(tokens, str) else list(tokens)
        if lower_case_backup:
            wanted = [token if token in self._token_to_idx else token.lower() for token in wanted]
        rows = nd.take(self._vectors(), nd.array(self.to_indices(wanted), dtype="int32"))
        return rows[0] if isinstance(tokens, str) else rows

    def update_token_vectors(self, tokens: str | Sequence[str], new_vectors: NDArray) -> None:
        """Give tokens other vectors.

        Parameters
        ----------
        tokens : str or list of str
            One token, or several; they have to be known. The unknown token itself is one, too.
        new_vectors : NDArray
            Of shape (vec_len,) for one token, (number of tokens, vec_len) for several.

        Raises
        ------
        ValueError
            If a token is not known.
        """
        listed = [tokens] if isinstance(tokens, str) else list(tokens)
        vectors = self._vectors()
        shape = (len(listed), self.vec_len)
        if not isinstance(new_vectors, NDArray) or tuple(new_vectors.shape) not in (
            shape,
            shape[2 - len(listed) :],
        ):
            given = new_vectors.shape if isinstance(new_vectors, NDArray) else type(new_vectors).__name__
            raise CheckError(f"new_vectors must be an NDArray of shape {shape}, but is {given}.")
        for token in listed:
            if token not in self._token_to_idx:
                raise NameLookupError(
                    f"The token {token!r} has no vector of its own. To change that of all unknown tokens, "
                    f"name {self.unknown_token!r}."
                )
        vectors[nd.array(self.to_indices(listed), dtype="int32")] = new_vectors.reshape(shape)

    def _vectors(self) -> NDArray:
        if self._idx_to_vec is None:
            raise CheckError(f"{type(self).__name__} has no vectors yet: they are loaded from a file.")
        return self._idx_to_vec

    # --------------------------------------------------------------------------------------- pretrained files

    @classmethod
    def _check_pretrained_file_names(cls, pretrained_file_name: str) -> None:
        """Raise KeyError if that is no file of this embedding."""
        if pretrained_file_name not in cls.pretrained_file_name_sha1:
            known = list(cls.pretrained_file_name_sha1)
            raise NameLookupError(
                f"{cls.__name__} has no pretrained file {pretrained_file_name!r}."
                f"{did_you_mean(pretrained_file_name, known)} get_pretrained_file_names"
                f"({cls.__name__.lower()!r}) has all {len(known)}."
            )

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        """Return the name of what is downloaded: the file itself, or the archive it is in."""
        return pretrained_file_name

    @classmethod
    def _get_pretrained_file(cls, embedding_root: str, pretrained_file_name: str) -> str:
        """Return the path of a file, unpacking it first if only its archive is there.

        Raises
        ------
        FileNotFoundError
            If neither is there: nothing is downloaded.
        FileFormatError
            If it is, but is not the whole file.
        """
        folder = os.path.join(os.path.expanduser(embedding_root), cls.__name__.lower())
        path = os.path.join(folder, pretrained_file_name)
        archive = os.path.join(folder, cls._get_download_file_name(pretrained_file_name))
        if not os.path.exists(path) and os.path.exists(archive):
            _check_sha1(archive, cls.pretrained_archive_name_sha1.get(os.path.basename(archive)))
            with zipfile.ZipFile(archive) as packed:
                packed.extract(pretrained_file_name, folder)
        if not os.path.exists(path):
            where = f", or {os.path.basename(archive)} which it is in," if archive != path else ""
            raise MissingFileError(
                f"{cls.__name__} needs the file {pretrained_file_name}, which is not downloaded: put it"
                f"{where} into {folder}."
            )
        _check_sha1(path, cls.pretrained_file_name_sha1.get(pretrained_file_name))
        return path

    def _load_embedding(
        self, pretrained_file_path: str, elem_delim: str, init_unknown_vec: InitVec, encoding: str = "utf8"
    ) -> None:
        """Take the tokens of a file, and their vectors.

        Parameters
        ----------
        pretrained_file_path : str
            A text file: in each line a token and the elements of its vector. Lines with a single element are
            taken for a header.
        elem_delim : str
            What stands between them.
        init_unknown_vec : callable
            Makes the vector of the unknown token from a shape, unless it is in the file.
        encoding : str
            Of the file.
        """
        path = os.path.expanduser(pretrained_file_path)
        if not os.path.isfile(path):
            raise MissingFileError(f"There is no file {path} of vectors to load.")
        with open(path, encoding=encoding) as lines:
            found = _read_vectors(lines, path, elem_delim)
        if not found:
            raise VectorsError(f"{path} has no token with a vector of two elements or more.")
        self._vec_len = len(next(iter(found.values())))
        unknown = found.pop(self.unknown_token, None)
        filler = init_unknown_vec(shape=self._vec_len).asnumpy() if unknown is None else unknown
        rows = [found.pop(token, filler) for token in self._idx_to_token]
        self._idx_to_token += found
        self._token_to_idx = {token: i for i, token in enumerate(self._idx_to_token)}
        self._idx_to_vec = nd.array(np.stack([*rows, *found.values()]), dtype="float32")

    def _build_embedding_for_vocabulary(self, vocabulary: Vocabulary | None) -> None:
        """Keep the tokens of a vocabulary only, under its numbers."""
        if vocabulary is not None:
            _check_vocabulary(vocabulary)
            self._take_over(vocabulary, [self])

    def _take_over(self, vocabulary: Vocabulary, embeddings: Sequence[_TokenEmbedding]) -> None:
        """Become the vocabulary, each token with its vectors from all embeddings, one after the other."""
        tokens = list(vocabulary.idx_to_token)
        vectors = [each.get_vecs_by_tokens([each.unknown_token, *tokens[1:]]) for each in embeddings]
        self._unknown_token, self._reserved_tokens = vocabulary.unknown_token, vocabulary.reserved_tokens
        self._idx_to_token, self._token_to_idx = tokens, dict(vocabulary.token_to_idx)
        self._idx_to_vec = nd.concat(*vectors, dim=1)
        self._vec_len = self._idx_to_vec.shape[1]


def _read_vectors(lines: Iterable[str], path: str, delimiter: str) -> dict[str, np.ndarray[Any, Any]]:
    """Return the vectors of tokens, all of one length; warn of what is left out."""
    found: dict[str, int] = {}
    elements = numbers("f")
    length = 0
    for number, line in enumerate(lines, 1):
        token, *rest = line.rstrip().split(delimiter)
        place = f"{path}, line {number}"
        if not rest:
            raise VectorsError(f"{place}: expected a token, {delimiter!r} and its vector, got {line[:40]!r}.")
        if token in found:
            _warn(f"{place}: the token {token!r} has a vector already; this one is left out.")
        elif len(rest) == 1:
            _warn(f"{place}: {token!r} with a vector of one element is likely a header; it is left out.")
        elif length and len(rest) != length:
            raise VectorsError(
                f"{place}: the vector of {token!r} has {len(rest)} elements, those before have {length}."
            )
        else:
            length = len(rest)
            found[token] = number
            try:
                elements.extend(map(float, rest))
            except ValueError as error:
                raise VectorsError(f"{place}: the vector of {token!r} is not of numbers: {error}.") from None
    vectors = np.frombuffer(elements, dtype=np.float32).reshape(len(found), length)
    return dict(zip(found, vectors, strict=True))


def _warn(message: str) -> None:
    line = user_line()
    warnings.warn_explicit(
        message, UserWarning, line.filename if line else __name__, line.line if line else 1
    )


def _check_sha1(path: str, expected: str | None) -> None:
    """Raise if a file is not what was published: a download that broke off, for example."""
    if expected is None:
        return
    with open(path, "rb") as file:
        found = _sha1(iter(lambda: file.read(2**20), b""))
    if found != expected:
        raise FileFormatError(
            f"{path} is not the file that was published, or not the whole of it: its SHA-1 is {found}, "
            f"not {expected}."
        )


def _sha1(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _check_vocabulary(vocabulary: object) -> None:
    if not isinstance(vocabulary, Vocabulary):
        raise CheckError(f"vocabulary must be a Vocabulary, but is {vocabulary!r}.")


# ----------------------------------------------------------------------------------------------- the registry

_register = registry.get_register_func(_TokenEmbedding, "token embedding")
_create = registry.get_create_func(_TokenEmbedding, "token embedding")


def register(embedding_cls: type[_TokenEmbedding]) -> type[_TokenEmbedding]:
    """Make a subclass of ``_TokenEmbedding`` known to :func:`create`, by its name in lower case."""
    if not (isinstance(embedding_cls, type) and issubclass(embedding_cls, _TokenEmbedding)):
        raise CheckError(f"Only subclasses of _TokenEmbedding can be registered, not {embedding_cls!r}.")
    return _register(embedding_cls)


def create(embedding_name: str, **kwargs: Any) -> Any:
    """Make an embedding of a registered class.

    Parameters
    ----------
    embedding_name : str
        Its name, in any case: ``"glove"``, ``"fasttext"``, or that of a class of your own.
    **kwargs
        What the class takes.
    """
    known = registry.get_registry(_TokenEmbedding)
    if embedding_name.lower() not in known:
        raise NotRegisteredError(
            f"{embedding_name!r} is not registered as an embedding."
            f"{did_you_mean(embedding_name.lower(), known)} Known: {', '.join(sorted(known))}."
        )
    return _create(embedding_name, **kwargs)


def get_pretrained_file_names(embedding_name: str | None = None) -> Any:
    """Return the names of the files that there are of an embedding, or of each one.

    Returns
    -------
    list of str, or dict of str to list of str
        Without a name: the lists by the names of the embeddings.
    """
    known: dict[str, Any] = {**registry.get_registry(_TokenEmbedding)}
    if embedding_name is None:
        return {name: list(cls.pretrained_file_name_sha1) for name, cls in known.items()}
    if embedding_name not in known:
        raise NameLookupError(
            f"There is no embedding {embedding_name!r}.{did_you_mean(embedding_name, known)}"
            f" Known: {', '.join(sorted(known))}."
        )
    return list(known[embedding_name].pretrained_file_name_sha1)


# --------------------------------------------------------------------------------------------- the embeddings


class _Pretrained(_TokenEmbedding):
    """What GloVe and fastText share."""

    _archives: ClassVar[dict[str, str]]

    def __init__(
        self,
        pretrained_file_name: str,
        embedding_root: str | None,
        init_unknown_vec: InitVec,
        vocabulary: Vocabulary | None,
        **kwargs: Any,
    ) -> None:
        self._check_pretrained_file_names(pretrained_file_name)
        super().__init__(**kwargs)
        path = self._get_pretrained_file(embedding_root or _default_root(), pretrained_file_name)
        self._load_embedding(path, " ", init_unknown_vec)
        self._build_embedding_for_vocabulary(vocabulary)

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        return cls._archives.get(pretrained_file_name, pretrained_file_name)


@register
class GloVe(_Pretrained):
    """Global vectors for word representation (Pennington, Socher and Manning, 2014).

    Nothing is downloaded: the file, or the archive it is in, has to be in the folder ``glove`` below
    `embedding_root`.

    Parameters
    ----------
    pretrained_file_name : str
        Which file; ``get_pretrained_file_names("glove")`` lists them.
    embedding_root : str, optional
        By default ``embeddings`` in the folder ``MXNET_HOME``, or in ``~/.mxnet``.
    init_unknown_vec : callable
        Makes the vector of the unknown token, unless the file has it.
    vocabulary : Vocabulary, optional
        Which tokens are kept; all by default.
    **kwargs
        As of `Vocabulary`.
    """

    pretrained_file_name_sha1 = _constants.GLOVE_PRETRAINED_ARCHIVE_SHA1
    pretrained_archive_name_sha1 = _constants.GLOVE_PRETRAINED_FILE_SHA1
    _archives = _constants.archives("glove")

    def __init__(
        self,
        pretrained_file_name: str = "glove.840B.300d.txt",
        embedding_root: str | None = None,
        init_unknown_vec: InitVec = nd.zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pretrained_file_name, embedding_root, init_unknown_vec, vocabulary, **kwargs)


@register
class FastText(_Pretrained):
    """Word vectors enriched with subword information (Bojanowski, Grave, Joulin and Mikolov, 2016).

    Parameters and files as of `GloVe`, in the folder ``fasttext``.

    Parameters
    ----------
    pretrained_file_name : str
        Which file; ``get_pretrained_file_names("fasttext")`` lists them.
    embedding_root, init_unknown_vec, vocabulary, **kwargs
        As of `GloVe`.
    """

    pretrained_file_name_sha1 = _constants.FAST_TEXT_FILE_SHA1
    pretrained_archive_name_sha1 = _constants.FAST_TEXT_ARCHIVE_SHA1
    _archives = _constants.archives("fasttext")

    def __init__(
        self,
        pretrained_file_name: str = "wiki.simple.vec",
        embedding_root: str | None = None,
        init_unknown_vec: InitVec = nd.zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pretrained_file_name, embedding_root, init_unknown_vec, vocabulary, **kwargs)


class CustomEmbedding(_TokenEmbedding):
    r"""Vectors from a file of your own.

    Parameters
    ----------
    pretrained_file_path : str
        A text file: in each line a token and the elements of its vector.
    elem_delim : str, default ' '
        What stands between them.
    encoding : str, default 'utf8'
        Of the file.
    init_unknown_vec : callable
        Makes the vector of the unknown token, unless the file has it.
    vocabulary : Vocabulary, optional
        Which tokens are kept; all by default.
    **kwargs
        As of `Vocabulary`.

    Examples
    --------
    >>> import mxnet as mx
    >>> with open("colours.txt", "w") as file:
    ...     _ = file.write("red 1 0 0\nblue 0 0 1\n")
    >>> colours = mx.contrib.text.embedding.CustomEmbedding("colours.txt")
    >>> colours.get_vecs_by_tokens(["blue", "mauve"]).asnumpy().tolist()
    [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        pretrained_file_path: str,
        elem_delim: str = " ",
        encoding: str = "utf8",
        init_unknown_vec: InitVec = nd.zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._load_embedding(pretrained_file_path, elem_delim, init_unknown_vec, encoding)
        self._build_embedding_for_vocabulary(vocabulary)


class CompositeEmbedding(_TokenEmbedding):
    """The vectors of several embeddings in one.

    Parameters
    ----------
    vocabulary : Vocabulary
        Which tokens there are.
    token_embeddings : embedding or list of embeddings
        Where their vectors come from; they are put one after the other.
    """

    def __init__(
        self, vocabulary: Vocabulary, token_embeddings: _TokenEmbedding | Sequence[_TokenEmbedding]
    ) -> None:
        super().__init__()
        _check_vocabulary(vocabulary)
        several = (
            [token_embeddings] if isinstance(token_embeddings, _TokenEmbedding) else list(token_embeddings)
        )
        if not several or not all(isinstance(each, _TokenEmbedding) for each in several):
            raise CheckError(f"token_embeddings must be one or more embeddings, but is {token_embeddings!r}.")
        self._take_over(vocabulary, several)
