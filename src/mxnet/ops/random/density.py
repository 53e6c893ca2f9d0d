"""Densities of the distributions that :mod:`mxnet.ops.random.draws` draws from, at given samples."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.errors import DTypeError, ShapeError
from mxnet.ir.constraints import merge_shapes
from mxnet.ir.op import Op, Run, Shape, Slots, param
from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


class Density(NamedTuple):
    """A distribution: its name, its parameters, the logarithm of its density, and what its samples are.

    Attributes
    ----------
    name : str
        As in ``random_pdf_<name>``.
    title : str
        In words.
    parameters : dict of str to str
        Their names and meaning.
    log_density : callable
        ``log_density(sample, *parameters)``, of tensors that broadcast.
    example : str
        A call for the help.
    discrete : bool
        Whether samples are whole numbers, so that nothing varies with them.
    vector : bool
        Whether one sample is a vector: the last axis of `sample`.
    """

    name: str
    title: str
    parameters: dict[str, str]
    log_density: Callable[..., Tensor]
    example: str
    discrete: bool = False
    vector: bool = False


def _uniform(sample: Tensor, low: Tensor, high: Tensor) -> Tensor:
    return -torch.log(high - low).expand(sample.shape)  # everywhere: MXNet leaves the bounds to the user


def _normal(sample: Tensor, mu: Tensor, sigma: Tensor) -> Tensor:
    return -(((sample - mu) / sigma) ** 2) / 2 - torch.log(sigma) - math.log(2 * math.pi) / 2


def _gamma(sample: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    return alpha * torch.log(beta) + (alpha - 1) * torch.log(sample) - beta * sample - torch.lgamma(alpha)


def _exponential(sample: Tensor, lam: Tensor) -> Tensor:
    return torch.log(lam) - lam * sample


def _poisson(sample: Tensor, lam: Tensor) -> Tensor:
    return sample * torch.log(lam) - torch.lgamma(sample + 1) - lam


def _negative_binomial(sample: Tensor, k: Tensor, p: Tensor) -> Tensor:
    ways = torch.lgamma(sample + k) - torch.lgamma(sample + 1) - torch.lgamma(k)
    return ways + k * torch.log(p) + sample * torch.log(1 - p)


def _generalized_negative_binomial(sample: Tensor, mu: Tensor, alpha: Tensor) -> Tensor:
    return _negative_binomial(sample, 1 / alpha, 1 / (mu * alpha + 1))


def _dirichlet(sample: Tensor, alpha: Tensor) -> Tensor:
    scale = torch.lgamma(alpha.sum(-1)) - torch.lgamma(alpha).sum(-1)
    return scale + ((alpha - 1) * torch.log(sample)).sum(-1)


DENSITIES = (
    Density(
        "uniform",
        "the uniform distribution on [low, high); samples outside of it are not looked for",
        {"low": "Lower bounds.", "high": "Upper bounds."},
        _uniform,
        "[[0.5, 1]]; [0]; [2]",
    ),
    Density(
        "normal",
        "the normal distribution",
        {"mu": "Means.", "sigma": "Standard deviations."},
        _normal,
        "[[0, 1]]; [0]; [1]",
    ),
    Density(
        "gamma",
        "the gamma distribution, of mean alpha / beta; where one draws from it, beta is its inverse",
        {"alpha": "Shapes.", "beta": "Rates."},
        _gamma,
        "[[1, 2]]; [2]; [1]",
    ),
    Density(
        "exponential",
        "the exponential distribution, of mean 1 / lam",
        {"lam": "Rates."},
        _exponential,
        "[[0, 1]]; [2]",
    ),
    Density(
        "poisson", "the Poisson distribution", {"lam": "Means."}, _poisson, "[[0, 1]]; [2]", discrete=True
    ),
    Density(
        "negative_binomial",
        "the negative binomial distribution: failures before k successes",
        {"k": "Successes to wait for.", "p": "Probabilities of success."},
        _negative_binomial,
        "[[0, 1]]; [2]; [0.5]",
        discrete=True,
    ),
    Density(
        "generalized_negative_binomial",
        "the negative binomial distribution of mean mu and variance mu + alpha * mu^2",
        {"mu": "Means.", "alpha": "Dispersions."},
        _generalized_negative_binomial,
        "[[0, 1]]; [2]; [0.5]",
        discrete=True,
    ),
    Density(
        "dirichlet",
        "the Dirichlet distribution; each sample is a vector that adds up to 1",
        {"alpha": "Concentrations."},
        _dirichlet,
        "[[0.25, 0.75]]; [[1, 2]]",
        vector=True,
    ),
)


class _Pdf(Op):
    """Base of ``random_pdf_X``: the first axes of `sample` are the parameters', the others count draws."""

    density: Density
    is_log: bool = param(default=False, doc="Whether to return the logarithm of the density.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        sample, *given = s.ins
        if sample is None or None in given:
            return {}
        vector = self.density.vector
        leading = len(given[0]) - vector
        if len(sample) < len(given[0]):
            raise ShapeError(
                f"{self.name}: samples of shape {sample} must have at least as many axes as the parameters, "
                f"of shape {given[0]}."
            )
        parameters: Shape | None = (*sample[:leading], *sample[len(sample) - vector :])
        for name, shape in zip(self.density.parameters, given, strict=True):
            try:
                parameters = merge_shapes(parameters, shape)
            except ValueError:
                raise ShapeError(
                    f"{self.name}: {name} of shape {shape} does not fit samples of shape {sample}, whose "
                    f"{'first axes and last one' if vector else 'first axes'} must be its own."
                ) from None
        out = (sample[:-1] or (1,)) if vector else sample
        return {"ins": (sample, *(parameters,) * len(given)), "output": out}

    def forward(self, run: Run, sample: Tensor, *parameters: Tensor) -> Tensor:
        if not sample.is_floating_point():
            raise DTypeError(f"{self.name} needs real numbers, not {str(sample.dtype)[6:]}.")
        density, vector = self.density, self.density.vector
        wide = torch.promote_types(sample.dtype, torch.float32)
        draws = (1,) * (sample.dim() - parameters[0].dim())
        at = (sample.detach() if density.discrete else sample).to(wide)
        found = density.log_density(at, *(_with_axes(each.to(wide), draws, vector) for each in parameters))
        found = found if self.is_log else torch.exp(found)
        return (found if found.dim() else found.reshape(1)).to(sample.dtype)


def _with_axes(parameter: Tensor, draws: tuple[int, ...], vector: bool) -> Tensor:
    """Return a parameter with axes of extent 1 for the draws: behind its own, but before that of a vector."""
    place = parameter.dim() - vector
    return parameter.reshape(*parameter.shape[:place], *draws, *parameter.shape[place:])


def _declare(row: Density) -> None:
    """Make the operator of a distribution."""
    name = f"random_pdf_{row.name}"
    doc = (
        f"Computes the density of {row.title}.\n\n"
        "Shapes: parameters (...), sample and output (..., draws); "
        "for vectors parameters (..., k), sample (..., draws, k), output (..., draws)."
    )
    inputs = {"sample": "Where to compute the density."} | row.parameters
    body = {"__doc__": doc, "__module__": __name__, "density": row, "inputs": inputs, "example": row.example}
    types.new_class(
        f"_{name}",
        (_Pdf,),
        {"name": f"_{name}", "aliases": (name,)},
        lambda namespace: namespace.update(body),
    )


for _row in DENSITIES:
    _declare(_row)
