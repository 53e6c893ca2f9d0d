"""The operators in mx.sym.random; written by tools/make_stubs.py."""

from collections.abc import Mapping

from mxnet.symbol.symbol import Symbol

def exponential_like(
    data: Symbol | None = None,
    lam: float = 1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Draws from the exponential distribution, of mean 1 / lam, in the shape and dtype of an array."""

def gamma_like(
    data: Symbol | None = None,
    alpha: float = 1.0,
    beta: float = 1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Draws from the gamma distribution, of mean alpha * beta, in the shape and dtype of an array."""

def generalized_negative_binomial_like(
    data: Symbol | None = None,
    mu: float = 1.0,
    alpha: float = 1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Draws from the negative binomial distribution of mean mu and variance mu + alpha * mu^2, in the shape and dtype of an array."""

def negative_binomial_like(
    data: Symbol | None = None,
    k: int = 1,
    p: float = 1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Draws from the negative binomial distribution: failures before k successes, in the shape and dtype of an array."""

def normal_like(
    data: Symbol | None = None,
    loc: float = 0.0,
    scale: float = 1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Draws from the normal distribution, in the shape and dtype of an array."""

def poisson_like(
    data: Symbol | None = None,
    lam: float = 1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Draws from the Poisson distribution; the numbers are whole, their dtype is not, in the shape and dtype of an array."""

def uniform_like(
    data: Symbol | None = None,
    low: float = 0.0,
    high: float = 1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Draws from the uniform distribution on [low, high), in the shape and dtype of an array."""

from mxnet.symbol.operators import random_pdf_dirichlet as random_pdf_dirichlet
from mxnet.symbol.operators import random_pdf_exponential as random_pdf_exponential
from mxnet.symbol.operators import random_pdf_gamma as random_pdf_gamma
from mxnet.symbol.operators import random_pdf_generalized_negative_binomial as random_pdf_generalized_negative_binomial
from mxnet.symbol.operators import random_pdf_negative_binomial as random_pdf_negative_binomial
from mxnet.symbol.operators import random_pdf_normal as random_pdf_normal
from mxnet.symbol.operators import random_pdf_poisson as random_pdf_poisson
from mxnet.symbol.operators import random_pdf_uniform as random_pdf_uniform
pdf_dirichlet = random_pdf_dirichlet
pdf_exponential = random_pdf_exponential
pdf_gamma = random_pdf_gamma
pdf_generalized_negative_binomial = random_pdf_generalized_negative_binomial
pdf_negative_binomial = random_pdf_negative_binomial
pdf_normal = random_pdf_normal
pdf_poisson = random_pdf_poisson
pdf_uniform = random_pdf_uniform
