"""Photo files as people have them: upright, opaque RGB, or one line that says what is wrong."""

import io
import os
import struct
import sys
import warnings
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from napari_zsris.errors import ImageError, ZsrisWarning
from napari_zsris.images import MAX_MEGAPIXELS, read_image, read_layout, read_size
from napari_zsris.pixels import as_rgb

# Four flat quarters: JPEG keeps them within a few values, and every rotation is told apart.
RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 40), (40, 50, 210), (120, 120, 120)


def quarters(height=64, width=96):
    photo = np.empty((height, width, 3), np.uint8)
    photo[: height // 2, : width // 2] = RED
    photo[: height // 2, width // 2 :] = GREEN
    photo[height // 2 :, : width // 2] = BLUE
    photo[height // 2 :, width // 2 :] = GREY
    return photo


def save(path, array, mode=None, **options):
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path, **options)
    return path


def assert_close(photo, expected, tolerance=12):
    assert photo.shape == expected.shape
    assert photo.dtype == np.uint8
    assert np.abs(photo.astype(int) - expected).max() <= tolerance


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp", "webp", "gif", "ppm", "jp2"])
def test_common_formats_give_the_same_photo(tmp_path, suffix):
    options = {"jpg": {"quality": 95, "subsampling": 0}, "webp": {"lossless": True}}
    path = save(tmp_path / f"a.{suffix}", quarters(), **options.get(suffix, {}))
    assert_close(read_image(path), quarters(), 25)


def test_the_suffix_may_lie(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(save(tmp_path / "a.png", quarters()).read_bytes())
    np.testing.assert_array_equal(read_image(str(path)), quarters())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_the_camera_s_rotation_is_applied(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[274] = orientation
    held = held_as(quarters(), orientation)
    path = save(tmp_path / f"a.{suffix}", held, exif=exif, quality=95)
    assert_close(read_image(path)[8:-8:16, 8:-8:16], quarters()[8:-8:16, 8:-8:16])
    assert read_size(path) == (64, 96)


@pytest.mark.parametrize("suffix", ["bmp", "gif", "jp2", "jpg", "png", "ppm", "tif", "webp"])
def test_the_size_is_that_of_the_pixels(tmp_path, suffix):
    assert read_size(save(tmp_path / f"a.{suffix}", quarters())) == (64, 96)


def test_the_size_of_a_tiff_that_pillow_does_not_know(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 9, 3), np.float32), photometric="rgb")
    assert read_size(tmp_path / "a.tif") == (8, 9)


def test_the_size_comes_from_the_header_alone(tmp_path):
    (tmp_path / "a.png").write_bytes(png(3_000, 2_000, b""))
    assert read_size(tmp_path / "a.png") == (2_000, 3_000)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x89PNG\r\n\x1a\n"])
def test_the_size_of_no_picture(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.png is "):
        read_size(tmp_path / "a.png")


def test_the_size_of_a_decompression_bomb(tmp_path):
    (tmp_path / "a.png").write_bytes(png(100_000, 100_000, b""))
    with pytest.raises(ImageError, match=r"10,000 megapixels \(100000 x 100000\)"):
        read_size(tmp_path / "a.png")


def held_as(upright, orientation):
    """Give the pixels as a camera stores them that was held so."""
    picture = Image.fromarray(upright)
    picture.getexif()[274] = {6: 8, 8: 6}.get(orientation, orientation)
    return np.array(ImageOps.exif_transpose(picture))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_deep_tiff_photos_are_rotated_too(tmp_path, orientation):
    path = tmp_path / "a.tif"
    deep = held_as(quarters(), orientation).astype(np.uint16) * 257
    tifffile.imwrite(path, deep, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    np.testing.assert_array_equal(read_image(path), quarters())
    assert read_size(path) == (64, 96)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_other_colour_models_become_rgb(tmp_path, mode):
    suffix = "tif" if mode == "CMYK" else "png"
    path = save(tmp_path / f"a.{suffix}", quarters(), mode)
    expected = np.array(Image.fromarray(quarters()).convert(mode).convert("RGB"))
    assert_close(read_image(path), expected, 2)


def test_a_cmyk_jpeg_keeps_its_colours(tmp_path):
    path = save(tmp_path / "a.jpg", quarters(), "CMYK", quality=95)
    assert_close(read_image(path)[8::16, 8::16], quarters()[8::16, 8::16])


def test_lab_keeps_its_colours(tmp_path):
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(
        Image.fromarray(quarters()), srgb, lab, renderingIntent=0, outputMode="LAB"
    )
    picture.save(tmp_path / "a.tif")
    assert_close(read_image(tmp_path / "a.tif"), quarters(), 10)  # 8-bit a* and b* are coarse


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_lies_on_white(tmp_path, mode):
    rgba = np.dstack([quarters(), np.full((64, 96), 255, np.uint8)])
    rgba[:32, :, 3] = 0
    picture = Image.fromarray(rgba).convert("RGBA" if mode == "PA" else mode)
    path = tmp_path / "a.png"
    (picture.quantize(8) if mode == "PA" else picture).save(path)
    photo = read_image(path)
    assert (photo[:32] == 255).all()
    assert photo[33:].max() < 250


def test_a_transparent_palette_or_key_colour_lies_on_white(tmp_path):
    grey = Image.fromarray(np.array([[0, 90]], np.uint8))
    grey.save(tmp_path / "a.png", transparency=90)
    assert read_image(tmp_path / "a.png")[0, :, 0].tolist() == [0, 255]
    grey.convert("P").save(tmp_path / "a.gif", transparency=0)
    assert read_image(tmp_path / "a.gif")[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("bits", [12, 16])
def test_sixteen_bit_grey(tmp_path, suffix, bits):
    grey = (np.linspace(0, 1, 64 * 96).reshape(64, 96) * ((1 << bits) - 1)).astype(np.uint16)
    photo = read_image(save(tmp_path / f"a.{suffix}", grey))
    assert photo[0, 0].tolist() == [0, 0, 0]
    assert photo[-1, -1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_twelve_bit_colours_in_a_tiff_are_not_black(tmp_path, planar):
    deep = quarters().astype(np.uint16) * 16
    deep[0, 0] = 4095
    stored = np.moveaxis(deep, -1, 0) if planar == "separate" else deep
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planar)
    assert_close(read_image(tmp_path / "a.tif")[1:], quarters()[1:], 2)


def test_sixteen_bit_colours_in_a_png(tmp_path):
    rows = b"".join(b"\0" + (quarters()[y].astype(">u2") * 257).tobytes() for y in range(64))
    (tmp_path / "a.png").write_bytes(png(96, 64, rows, depth=16))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), quarters())


def test_twelve_bit_grey_with_transparency_in_a_png_is_not_black(tmp_path):
    deep = np.full((64, 96, 2), 65_535, np.uint16)
    deep[..., 0] = quarters()[..., 0].astype(np.uint16) * 16
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    (tmp_path / "a.png").write_bytes(png(96, 64, rows, depth=16, colours=4))
    assert_close(read_image(tmp_path / "a.png"), quarters()[..., [0, 0, 0]], 2)


@pytest.mark.parametrize("channels", [3, 4])
def test_twelve_bit_colours_in_a_png_are_not_black(tmp_path, channels):
    deep = np.full((64, 96, channels), 65_535, np.uint16)
    deep[..., :3] = quarters().astype(np.uint16) * 16
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    (tmp_path / "a.png").write_bytes(png(96, 64, rows, depth=16, colours={3: 2, 4: 6}[channels]))
    assert_close(read_image(tmp_path / "a.png"), quarters(), 2)


def test_deep_grey_that_counts_from_white(tmp_path):
    grey = quarters()[..., 0].astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", 65_535 - grey, photometric="miniswhite")
    assert_close(read_image(tmp_path / "a.tif"), quarters()[..., [0, 0, 0]], 1)


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("dtype", ["i1", "i2", "u2", "i4", "u4", "f4", "f8"])
def test_grey_is_the_same_in_whatever_order_its_bytes_are(tmp_path, dtype, byteorder, bigtiff):
    info = np.iinfo(dtype) if dtype[0] in "iu" else np.finfo("f4")
    values = np.linspace(info.min / 4, info.max / 2, 96 * 64).reshape(64, 96).astype(dtype)
    for compression in (None, "zlib"):
        tifffile.imwrite(
            tmp_path / "a.tif",
            values,
            photometric="minisblack",
            byteorder=byteorder,
            bigtiff=bigtiff,
            compression=compression,
        )
        assert_close(read_image(tmp_path / "a.tif"), as_rgb(values), 1)
        assert read_layout(tmp_path / "a.tif") == ((64, 96), 1)


def test_deep_inks(tmp_path):
    inks = np.zeros((64, 96, 4), np.uint16)
    inks[..., :3] = (255 - quarters().astype(np.uint16)) * 257
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated", planarconfig="contig")
    assert_close(read_image(tmp_path / "a.tif"), quarters(), 1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_a_deep_tiff_is_turned_as_a_shallow_one(tmp_path, orientation, kind):
    plain = Image.Exif()
    plain[274] = orientation
    Image.fromarray(quarters()).save(tmp_path / "plain.tif", exif=plain)
    scale = 257 if kind is np.uint16 else 1 / 255
    deep = (quarters().astype(np.float64) * scale).astype(kind)
    tags = [(274, 3, 1, orientation, True)]
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb", extratags=tags)
    assert_close(read_image(tmp_path / "deep.tif"), read_image(tmp_path / "plain.tif"), 1)
    layout = (read_image(tmp_path / "deep.tif").shape[:2], orientation)
    assert read_layout(tmp_path / "deep.tif") == read_layout(tmp_path / "plain.tif") == layout


def with_tag(path, tag, value):
    """Change a short of a TIFF's first page."""
    content = bytearray(path.read_bytes())
    place = content.index(struct.pack("<HHI", tag, 3, 1))
    content[place + 8 : place + 10] = struct.pack("<H", value)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(("compression", "name"), [(34887, "LERC"), (12345, "number 12345")])
def test_a_decoder_that_is_missing_is_told_at_intake(
    tmp_path, monkeypatch, dtype, compression, name
):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, quarters().astype(dtype), photometric="rgb")
    with_tag(path, 259, compression)
    message = fails(path, rf"compressed as {name}, for which a decoder is missing; pip install")
    with pytest.raises(ImageError) as raised:
        read_size(path)
    assert str(raised.value) == message


def test_deep_colours_compressed_by_lzw(shared):
    path = shared / "field" / "photos" / "rgb16-lzw.tif"
    try:
        import imagecodecs  # noqa: F401
    except ImportError:
        fails(path, "compressed as LZW, for which a decoder is missing; pip install imagecodecs")
    else:
        assert read_image(path).shape == (*read_size(path), 3)
        assert read_image(path).std() > 20


@pytest.mark.parametrize("photometric", [8, 32803])
def test_colours_that_are_no_rgb_are_not_taken_for_it(tmp_path, photometric):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, quarters().astype(np.uint16), photometric="rgb")
    fails(with_tag(path, 262, photometric), "neither grey nor RGB; save the photo as RGB")


def test_pages_of_real_numbers_give_the_first_with_a_warning(tmp_path):
    pages = np.stack([quarters(), 255 - quarters()]).astype(np.float32) / 255
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="rgb")
    with pytest.warns(ZsrisWarning, match=r"holds 2 pictures .* the first one is used"):
        assert_close(read_image(tmp_path / "a.tif"), quarters(), 1)


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3)])
def test_real_numbers_with_nan(tmp_path, shape):
    values = np.random.default_rng(0).random(shape, np.float32)
    values[0, 0], values[1, 1], values[2, 2], values[3, 3] = np.nan, np.inf, 1, 0
    kind = "rgb" if len(shape) == 3 else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", values, photometric=kind)
    photo = read_image(tmp_path / "a.tif")
    assert photo.shape == (8, 9, 3)
    assert photo[1, 1].tolist() == [255, 255, 255]
    assert photo[0, 0].tolist() == [0, 0, 0]


def test_one_pixel(tmp_path):
    path = save(tmp_path / "a.png", np.array([[[1, 2, 3]]], np.uint8))
    assert read_image(path).tolist() == [[[1, 2, 3]]]


def test_twenty_thousand_pixels_wide(tmp_path):
    path = save(tmp_path / "a.png", np.zeros((3, 20_000, 3), np.uint8))
    assert read_image(path).shape == (3, 20_000, 3)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_phone_s_largest_photo_is_no_bomb(tmp_path, suffix):
    limit = Image.MAX_IMAGE_PIXELS
    path = tmp_path / f"a.{suffix}"
    Image.new("1", (16_320, 12_240)).save(path)
    assert read_image(path).shape == (12_240, 16_320, 3)
    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_an_animation_gives_its_first_picture_with_one_warning(tmp_path, suffix):
    frames = [Image.fromarray(quarters()[:, ::step]) for step in (1, -1, 1)]
    path = tmp_path / f"a.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    with pytest.warns(ZsrisWarning, match=r"holds 3 pictures .* the first one is used") as caught:
        photo = read_image(path)
    assert len(caught) == 1
    assert_close(photo, quarters(), 2)


def test_a_phone_s_depth_map_is_not_worth_a_warning(tmp_path):
    frames = [Image.fromarray(quarters())] * 2
    frames[0].save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=frames[1:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(tmp_path / "a.jpg").shape == (64, 96, 3)


def fails(path, reason):
    with pytest.raises(ImageError, match=reason) as raised:
        read_image(path)
    message = str(raised.value)
    assert str(path) in message
    assert "\n" not in message
    assert ";" in message
    return message


def test_no_such_file(tmp_path):
    fails(tmp_path / "no.jpg", "there is no file")
    (tmp_path / "link.jpg").symlink_to("nowhere")
    fails(tmp_path / "link.jpg", "is a link to nowhere, which is not there; fetch the photo")


def test_a_folder(tmp_path):
    fails(tmp_path, "is a folder")


def test_an_empty_file(tmp_path):
    (tmp_path / "a.jpg").touch()
    fails(tmp_path / "a.jpg", r"is empty \(0 bytes\)")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    fails(tmp_path / "a.jpg", "is a device or a pipe")


def test_a_file_name_that_cannot_be(tmp_path):
    fails(tmp_path / ("x" * 3000), "cannot be read: File name too long")
    (tmp_path / "file").touch()
    fails(tmp_path / "file" / "a.jpg", "cannot be read: Not a directory")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_no_right_to_read(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", quarters())
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        fails(path, "may not be read")
    finally:
        os.seteuid(user)


@pytest.mark.parametrize(
    "content", [b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\0" * 100, b"<svg/>"]
)
def test_not_a_picture(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    fails(tmp_path / "a.jpg", "is not a picture that can be read, .* convert it to one of AVIF, ")


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "gif", "bmp"])
def test_a_file_cut_short(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    whole = save(tmp_path / f"whole.{suffix}", noise).read_bytes()
    (tmp_path / f"a.{suffix}").write_bytes(whole[: len(whole) // 2])
    fails(tmp_path / f"a.{suffix}", "is damaged or cut short|is not a picture")


def test_a_deep_tiff_cut_short(tmp_path):
    tifffile.imwrite(tmp_path / "whole.tif", quarters().astype(np.uint16), photometric="rgb")
    whole = (tmp_path / "whole.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[:-2000])
    fails(tmp_path / "a.tif", "is damaged or cut short")


def test_a_tiff_of_many_bands(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros((8, 9, 7), np.uint16),
        photometric="minisblack",
        planarconfig="contig",
    )
    fails(tmp_path / "a.tif", r"an array of shape \(8, 9, 7\) is no picture")


def png(width, height, rows, depth=8, colours=2):
    def chunk(kind, body):
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (20_000, 20_000)])
def test_a_decompression_bomb(tmp_path, width, height):
    (tmp_path / "a.png").write_bytes(png(width, height, b"\0" * 1000))
    fails(tmp_path / "a.png", rf"megapixels \({width} x {height}\), more than {MAX_MEGAPIXELS};")


def test_a_tiff_bomb_that_pillow_does_not_know(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(np.zeros((8, 8, 3), np.float32), photometric="rgb")
    content = bytearray((tmp_path / "a.tif").read_bytes())
    for tag in (256, 257):
        place = content.index(struct.pack("<HHI", tag, 4, 1) + struct.pack("<I", 8))
        content[place + 8 : place + 12] = struct.pack("<I", 200_000)
    (tmp_path / "a.tif").write_bytes(content)
    fails(tmp_path / "a.tif", "40,000 megapixels")


def test_a_header_that_promises_more_than_there_is(tmp_path):
    (tmp_path / "a.png").write_bytes(png(3_000, 2_000, b"\0" * 1000))
    fails(tmp_path / "a.png", "is damaged or cut short")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from(["png", "jpeg", "tiff", "gif", "webp", "bmp", "ppm"]))
def test_damage_anywhere_gives_a_photo_or_one_line(tmp_path, data, suffix):
    stream = io.BytesIO()
    Image.fromarray(quarters(12, 16)).save(stream, suffix)
    content = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            assert read_image(path).ndim == 3
        except ImageError as error:
            assert "\n" not in str(error)
