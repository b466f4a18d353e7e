"""Errors a user can cause: what happened, why, and what to do next, on one line."""

__all__ = [
    "AnnotationError",
    "ClusterError",
    "ImageError",
    "MethodError",
    "ModelUnavailableError",
    "PhraseError",
    "ProposalError",
    "ZsrisError",
    "ZsrisWarning",
]


class ZsrisError(Exception):
    """Base of every error that a user can cause and mend."""


class ImageError(ZsrisError):
    """A photo cannot be read, or an array is not a picture."""


class PhraseError(ZsrisError):
    """A referring phrase has no words to search for."""


class ModelUnavailableError(ZsrisError):
    """A model's name is unknown, or its weights or package are not on this machine."""


class ProposalError(ZsrisError):
    """Masks or boxes do not fit the photo, or a proposal source is misconfigured."""


class MethodError(ZsrisError):
    """A method's setting is out of range, or asks for features that a scene does not hold."""


class AnnotationError(ZsrisError):
    """An annotation project or an annotation file cannot be read or written."""


class ClusterError(ZsrisError):
    """A Dask scheduler cannot be reached or has gone, or its workers are of no use."""


class ZsrisWarning(UserWarning):
    """Something a user should know of a result that is given all the same."""
