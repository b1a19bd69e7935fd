"""Series: plan one, book one, look at it, cancel its rest; skip, add or move one of them."""

from holdfast.api.series.routes import ENDPOINTS

__all__ = ["ENDPOINTS"]
