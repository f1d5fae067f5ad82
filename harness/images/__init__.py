"""Images: pictures that carry what is known about them, read with their hashes, decoded safely, or made on the spot."""

from harness.images.decode import ImageError, decode_rgb, thumbnail
from harness.images.picture import ImageSet, Picture
from harness.images.planted import planted_picture, planted_text, planted_text_vector, planted_vector

__all__ = [
    "ImageError",
    "ImageSet",
    "Picture",
    "decode_rgb",
    "planted_picture",
    "planted_text",
    "planted_text_vector",
    "planted_vector",
    "thumbnail",
]
