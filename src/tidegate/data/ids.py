"""Names of series: out of a column of texts, numbers or categories, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import narwhals as nw

    Column = nw.Series[Any]

TEXTS = ("String", "Categorical", "Enum")
"""Types of columns whose ids are texts."""


def plain(column: Column) -> Column:
    """Texts, or whole numbers, where the ids are categories of either; else as they are."""
    import narwhals as nw

    if not isinstance(column.dtype, nw.Categorical | nw.Enum):
        return column
    native: Any = column.to_native()
    categories: Any = getattr(native.dtype, "categories", None) if hasattr(native, "cat") else None
    # pandas has categories of any kind
    if getattr(getattr(categories, "dtype", None), "kind", None) in ("i", "u"):
        whole: Column = nw.from_native(native.astype(categories.dtype), series_only=True)
        return whole
    return column.cast(nw.String)


def kind_of(column: Column) -> tuple[str, tuple[str, ...]]:
    """The type of a column of ids, ``Int64`` or one of `TEXTS`; the categories of an ``Enum``.

    Example:
        >>> import narwhals as nw
        >>> import polars as pl
        >>> ids = pl.Series(["b", "a"], dtype=pl.Enum(["b", "a"]))
        >>> kind_of(nw.from_native(ids, series_only=True))
        ('Enum', ('b', 'a'))
    """
    import narwhals as nw

    whole = plain(column).dtype
    if whole.is_integer():
        return str(whole), ()
    if isinstance(column.dtype, nw.Enum):
        return "Enum", tuple(map(str, column.dtype.categories))
    return ("Categorical" if isinstance(column.dtype, nw.Categorical) else "String"), ()


def column_of(
    name: str, ids: list[Any], dtype: str, levels: tuple[str, ...], library: Any
) -> Column:
    """A column of ids of a type that `kind_of` told; categories without an order where one of the
    ids is none of the levels, or the library has none with one."""
    import narwhals as nw

    kind: Any = getattr(nw, dtype)
    if dtype == "Enum":
        known = library != "pyarrow" and set(ids) <= set(levels)
        kind = nw.Enum(levels) if known else nw.Categorical
    return nw.new_series(name, ids, kind, backend=library)
