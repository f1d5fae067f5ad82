"""Where the pictures come from, and the picture that a question means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import FileError, UsageError
from harness.scenario.mistakes import kind, nearest, place, validate
from harness.scenario.shape import LadderShape, PicturesShape, PlantedShape, StepImagesShape
from harness.scenario.values import ImageSource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.images import ImageSet, Picture
    from harness.scenario.reading import Document, Loc

SHIPPED = ("photos", "digits")
_SHIPPED_PREFIX = "shipped:"
_MOST_BYTES = 32 * 1024 * 1024

ImagesShape = PicturesShape | PlantedShape | LadderShape | StepImagesShape


def images_shape(document: Document, data: Any, loc: Loc) -> ImagesShape:
    """The `images` of a scenario or of one class; `from` chooses which keys there are.

    Raises:
        FileError: it has the wrong shape.
    """
    if not isinstance(data, dict):
        raise document.error(loc, f"`{place(loc)}` must be a mapping, not {kind(data)}")
    match data.get("from"):
        case "planted":
            return validate(document, PlantedShape, data, loc)
        case "ladder":
            return validate(document, LadderShape, data, loc)
        case "steps":
            return validate(document, StepImagesShape, data, loc)
        case _:
            return validate(document, PicturesShape, data, loc)


def image_source(document: Document, shape: ImagesShape, loc: Loc) -> ImageSource:
    """The source that a shape means, opened once so that a wrong manifest or picture is found now.

    Raises:
        FileError: there is no such source, it lies outside the scenario's folder, or a file of it is wrong.
    """
    source = _source(document, shape, loc)
    try:
        source.originals()
    except FileError:
        raise
    except UsageError as error:
        raise document.error(loc, error.what, hint=error.hint) from None
    return source


def inside(document: Document, written: str, loc: Loc) -> Path:
    """The path that a text in the file means, which must lie in the file's own folder, links followed.

    Raises:
        FileError: it lies elsewhere.
    """
    home = document.path.parent.resolve()
    try:
        meant = (home / written).resolve()
    except (OSError, ValueError, RuntimeError):
        raise document.error(loc, f"{kind(written)} is no path") from None
    if not meant.is_relative_to(home):
        hint = "copy it beside the scenario, or move the scenario"
        raise document.error(loc, f"{written!r} lies outside the scenario's folder", hint=hint)
    return meant


def find_picture(document: Document, written: str, sources: Iterable[ImageSource], loc: Loc) -> Picture:
    """The picture that a question names: one of the sets, a view of one, or a file beside the scenario.

    Raises:
        FileError: there is no such picture, or the file is no picture.
    """
    names: list[str] = []
    for source in sources:
        originals = source.originals()
        found = _in_set(originals, source.views, written)
        if found is not None:
            return found
        names += picture_names(originals, source.views)
    path = inside(document, written, loc)
    if path.is_file():
        return _from_file(document, written, path, loc)
    raise document.error(loc, f"there is no picture {written!r}", hint=nearest(written, names))


def picture_names(originals: ImageSet, views: tuple[str, ...]) -> list[str]:
    """The names of all pictures of a set and of the views that will be made of them."""
    plain = [picture.name for picture in originals.pictures]
    return plain + [f"{name}#{view}" for name in plain for view in views]


def _source(document: Document, shape: ImagesShape, loc: Loc) -> ImageSource:
    match shape:
        case PlantedShape():
            return ImageSource(
                "planted",
                subjects=shape.subjects,
                views_each=shape.views,
                dimensions=shape.dimensions,
                ties=shape.ties,
                seed=shape.seed,
            )
        case LadderShape():
            return ImageSource("ladder", count=shape.count, dimensions=shape.dimensions)
        case StepImagesShape():
            return ImageSource("steps")
    if not shape.from_.startswith(_SHIPPED_PREFIX):
        folder = _folder(document, shape.from_, (*loc, "from"))
        return ImageSource("folder", folder=folder, views=tuple(shape.views), first=shape.first)
    name = shape.from_.removeprefix(_SHIPPED_PREFIX)
    if name not in SHIPPED:
        raise document.error((*loc, "from"), f"no images {name!r} are shipped", hint=nearest(shape.from_, _known()))
    return ImageSource("shipped", name=name, views=tuple(shape.views), first=shape.first)


def _in_set(originals: ImageSet, views: tuple[str, ...], name: str) -> Picture | None:
    from harness import images

    by_name = {picture.name: picture for picture in originals.pictures}
    if name in by_name:
        return by_name[name]
    original, _, view = name.rpartition("#")
    if original not in by_name or view not in views:
        return None
    alone = images.ImageSet(name=originals.name, pictures=(by_name[original],), source=originals.source)
    return images.with_views(alone, [view]).pictures[-1]


def _from_file(document: Document, written: str, path: Path, loc: Loc) -> Picture:
    from harness import images

    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise document.error(loc, f"{written!r} is larger than 32 MiB")
        images.decode_rgb(data)
    except OSError as error:
        raise document.error(loc, f"{written!r} cannot be read: {error.strerror or error}") from None
    except images.ImageError as error:
        raise document.error(loc, f"{written!r} is no picture: {error}") from None
    return images.Picture(name=written, data=data, label="", subject=written)


def _folder(document: Document, written: str, loc: Loc) -> Path:
    folder = inside(document, written, loc)
    if folder.is_dir():
        return folder
    beside = [f"./{entry.name}" for entry in document.path.parent.iterdir() if entry.is_dir()]
    raise document.error(loc, f"there is no folder {written!r}", hint=nearest(written, [*_known(), *beside]))


def _known() -> list[str]:
    return ["planted", "ladder", *(_SHIPPED_PREFIX + name for name in SHIPPED)]
