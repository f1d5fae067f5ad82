"""Images: pictures that carry what is known about them, read with their hashes, decoded safely, or made on the spot."""

from harness.images.decode import ImageError, decode_rgb, decoded_size, image_size, thumbnail
from harness.images.folder import load_folder, load_manifest, write_manifest
from harness.images.picture import ImageSet, Picture, fingerprint
from harness.images.planted import planted_picture, planted_text, planted_text_vector, planted_vector
from harness.images.sets import ladder_set, planted_set
from harness.images.shipped import shipped, shipped_folder
from harness.images.views import VIEWS, with_views

__all__ = [
    "VIEWS",
    "ImageError",
    "ImageSet",
    "Picture",
    "decode_rgb",
    "decoded_size",
    "fingerprint",
    "image_size",
    "ladder_set",
    "load_folder",
    "load_manifest",
    "planted_picture",
    "planted_set",
    "planted_text",
    "planted_text_vector",
    "planted_vector",
    "shipped",
    "shipped_folder",
    "thumbnail",
    "with_views",
    "write_manifest",
]
