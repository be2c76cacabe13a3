/* What kind of picture some bytes are. Heads written by hand from the formats' specifications. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <ashlar/buf.h>
#include <ashlar/picture.h>

#define BYTES(text) ((struct bytes){ (text), sizeof(text) - 1 })

static const struct bytes png =
    BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\7\0\0\0\5\10\2\0\0\0CRC!");
static const struct bytes gif = BYTES("GIF89a\7\0\5\0\0\0\0;");
static const struct bytes jpeg = BYTES(
    "\xff\xd8\xff\xe0\0\20JFIF\0\1\1\0\0\1\0\1\0\0\xff\xff\xdb\0\4xx\xff\xc0\0\13\10\0\5\0\7\1"
    "\1\21\0");
static const struct bytes webp_lossy =
    BYTES("RIFF\36\0\0\0WEBPVP8 \14\0\0\0\20\0\0\x9d\1\x2a\7\0\5\0");
static const struct bytes webp_lossless =
    BYTES("RIFF\36\0\0\0WEBPVP8L\12\0\0\0\x2f\6\0\1\0\0\0\0\0\0");
static const struct bytes webp_extended =
    BYTES("RIFF\36\0\0\0WEBPVP8X\12\0\0\0\0\0\0\0\6\0\0\4\0\0");

static const struct {
    const struct bytes *file;
    const char *type;
} good[] = {
    { &png, "image/png" },
    { &gif, "image/gif" },
    { &jpeg, "image/jpeg" },
    { &webp_lossy, "image/webp" },
    { &webp_lossless, "image/webp" },
    { &webp_extended, "image/webp" },
};

static void each_kind_is_known_by_its_head_with_its_size(void **state)
{
    struct picture p;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(picture_read(*good[i].file, &p));
        assert_string_equal(p.type, good[i].type);
        assert_int_equal(p.width, 7);
        assert_int_equal(p.height, 5);
    }
}

static void a_head_that_is_cut_off_anywhere_is_none(void **state)
{
    struct picture p = { .type = NULL };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        size_t enough = good[i].file->size;
        if (good[i].file == &jpeg)
            enough -= 4; /* the components behind the size are not read */
        if (good[i].file == &gif)
            enough -= 1;
        if (good[i].file == &webp_lossless)
            enough = 30;
        for (size_t size = 0; size < enough; size++)
            assert_false(picture_read((struct bytes){ good[i].file->data, size }, &p));
    }
    assert_null(p.type);
}

static void what_only_claims_to_be_one_is_none(void **state)
{
    static const struct bytes bad[] = {
        BYTES("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>"),
        BYTES("<!doctype html><script>alert(1)</script> GIF89a and more of it"),
        BYTES("GIF88a\7\0\5\0\0\0\0;"),
        BYTES("RIFF\36\0\0\0WAVEfmt \14\0\0\0\20\0\0\x9d\1\x2a\7\0\5\0"),
        BYTES("RIFF\36\0\0\0WEBPVP9 \14\0\0\0\20\0\0\x9d\1\x2a\7\0\5\0"),
        BYTES("RIFF\36\0\0\0WEBPVP8X\0\0\0\0\20\0\0\0\6\0\0\4\0\0"),
        BYTES("\xff\xd8\xff\xda\0\14 a scan before any frame"),
        BYTES("\xff\xd8\xff\xe0\0\0 a segment that does not end"),
        BYTES("\xff\xd8\xff\xc0\0\2 a frame without a size"),
        BYTES("\x89PNG\r\n\x1a\n\0\0\0\rtEXt\0\0\0\7\0\0\0\5\10\2\0\0\0CRC!"),
    };
    struct picture p;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(picture_read(bad[i], &p));
}

static void a_picture_without_extent_is_none(void **state)
{
    struct picture p;

    (void)state;
    assert_false(picture_read(BYTES("GIF89a\0\0\5\0\0\0\0;"), &p));
    assert_false(
        picture_read(BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\7\0\0\0\0\10\2\0\0\0CRC!"), &p));
}

/* --- What is not seen --- */

static struct buf file;

static void start_file(struct arena *a)
{
    buf_init(&file, a, 64 * 1024);
}

static void add(const char *bytes, size_t size)
{
    buf_add(&file, bytes, size);
}
#define ADD(text) add(text, sizeof(text) - 1)

/* EXIF of a phone: which way is up, and where it was taken, here as text. */
#define TIFF(up)                                                                                   \
    "II*\0\10\0\0\0\2\0\x12\1\3\0\1\0\0\0" up "\0\0\0\x25\x88\4\0\1\0\0\0\x26\0\0\0\0\0\0\0GPS "   \
    "52.5"
#define UP_ALONE(up) "MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0" up "\0\0\0\0\0\0"

static struct bytes stripped(struct arena *a)
{
    struct bytes out = { NULL, 0 };

    assert_false(buf_is_full(&file));
    assert_true(picture_strip(a, (struct bytes){ file.data, file.size }, &out));
    return out;
}

static bool holds(struct bytes in, const char *text, size_t size)
{
    return memmem(in.data, in.size, text, size) != NULL;
}
#define HOLDS(in, text) holds(in, text, sizeof(text) - 1)

static void a_jpeg_loses_all_but_its_pixels_colours_and_which_way_is_up(void **state)
{
    struct arena *a = arena_new(0);
    struct bytes out;

    (void)state;
    start_file(a);
    ADD("\xff\xd8\xff\xe0\0\x13JFIF\0\1\1\1\0\1\0\1\1\1rgb");
    ADD("\xff\xe1\0\x36"
        "Exif\0\0" TIFF("\6"));
    ADD("\xff\xe1\0\x11http://ns.adobe");
    ADD("\xff\xe2\0\x12ICC_PROFILE\0\1\1ab");
    ADD("\xff\xe2\0\x08MPF\0xy");
    ADD("\xff\xed\0\x0bPhotosho.");
    ADD("\xff\xee\0\x0e"
        "Adobe\0\x64\0\0\0\0\1");
    ADD("\xff\xfe\0\x09"
        "comment");
    ADD("\xff\xc0\0\x0b\10\0\5\0\7\1\1\x11\0");
    ADD("\xff\xda\0\x08\1\1\0\0\x3f\0pix\xff\0els\xff\xd0more");
    ADD("\xff\xfe\0\x05tea\xff\xda\0\x08\1\1\0\0\x3f\0scan2\xff\xd9");
    ADD("\xff\xd8 a second picture, or a film, with GPS 52.5");
    out = stripped(a);

    assert_true(HOLDS(out, "\xff\xe0\0\x10JFIF\0\1\1\1\0\1\0\1\0\0\xff"));
    assert_true(HOLDS(out, "\xff\xe1\0\x22"
                           "Exif\0\0" UP_ALONE("\6")));
    assert_true(HOLDS(out, "ICC_PROFILE\0\1\1ab") && HOLDS(out, "Adobe\0\x64"));
    assert_true(HOLDS(out, "pix\xff\0els\xff\xd0more\xff\xda") && HOLDS(out, "scan2\xff\xd9"));
    assert_false(HOLDS(out, "GPS") || HOLDS(out, "http") || HOLDS(out, "MPF"));
    assert_false(HOLDS(out, "Photo") || HOLDS(out, "comment") || HOLDS(out, "tea"));
    assert_false(HOLDS(out, "rgb"));
    assert_memory_equal((const char *)out.data + out.size - 2, "\xff\xd9", 2);
    arena_free(a);
}

/* Readers look for the next marker behind one that has no length; so nothing may be kept there. */
static void a_jpeg_hides_nothing_behind_a_marker_that_is_none(void **state)
{
    static const char *const none[] = { "\xff\x00", "\xff\x01", "\xff\xd0", "\xff\xd8" };
    struct arena *a = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(none); i++) {
        struct bytes out;
        start_file(a);
        ADD("\xff\xd8\xff\xc0\0\x0b\10\0\5\0\7\1\1\x11\0");
        add(none[i], 2);
        ADD("\0\x20\xff\xe1\0\x0a"
            "Exif\0\0GPS.......................\xff\xd9");
        out = stripped(a);
        assert_false(HOLDS(out, "GPS"));
    }
    arena_free(a);
}

static void a_png_loses_texts_times_and_exif_but_which_way_is_up(void **state)
{
    struct arena *a = arena_new(0);
    struct bytes out;

    (void)state;
    start_file(a);
    add(png.data, 33);
    ADD("\0\0\0\6tEXta\0GPS!CRC!");
    ADD("\0\0\0\7tIME\7\xe0\1\1\1\1\1CRC!");
    ADD("\0\0\0\x2e"
        "eXIf" TIFF("\3") "CRC!");
    ADD("\0\0\0\4gAMA\0\0\xb1\x8f"
        "CRC!");
    ADD("\0\0\0\6prVtsecretCRC!");
    ADD("\0\0\0\3IDATpixCRC!\0\0\0\0IENDCRC!trailing GPS");
    out = stripped(a);

    assert_true(HOLDS(out, "\0\0\0\x1a"
                           "eXIf" UP_ALONE("\3")));
    assert_true(HOLDS(out, "gAMA") && HOLDS(out, "IDATpix"));
    assert_false(HOLDS(out, "GPS") || HOLDS(out, "tIME") || HOLDS(out, "secret"));
    assert_memory_equal((const char *)out.data + out.size - 8, "IENDCRC!", 8);
    arena_free(a);
}

static void a_gif_loses_comments_and_keeps_its_film(void **state)
{
    struct arena *a = arena_new(0);
    struct bytes out;

    (void)state;
    start_file(a);
    ADD("GIF89a\7\0\5\0\x80\0\0rgbRGB");
    ADD("!\xff\x0bNETSCAPE2.0\3\1\0\0\0");
    ADD("!\xfe\7comment\0");
    ADD("!\xff\x0bXMP DataXMP\3GPS\0");
    ADD("!\1\14............\4text\0");
    ADD("!\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\3pix\0;more GPS");
    out = stripped(a);

    assert_true(HOLDS(out, "NETSCAPE2.0\3\1\0\0\0!\xf9\4\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\3pix\0;"));
    assert_false(HOLDS(out, "comment") || HOLDS(out, "GPS") || HOLDS(out, "text"));
    arena_free(a);
}

static void a_webp_loses_exif_xmp_and_what_nobody_knows(void **state)
{
    struct arena *a = arena_new(0);
    struct bytes out;

    (void)state;
    start_file(a);
    ADD("RIFF\0\0\0\0WEBPVP8X\12\0\0\0\x2e\0\0\0\6\0\0\4\0\0");
    ADD("ICCP\2\0\0\0ab");
    ADD("ANIM\6\0\0\0\0\0\0\0\0\0");
    ADD("ANMF\x2c\0\0\0................VP8L\5\0\0\0\x2fpixs\0EXIF\6\0\0\0GPS 53");
    ADD("EXIF\x2e\0\0\0" TIFF("\x08"));
    ADD("XMP \3\0\0\0GPS\0priv\4\0\0\0GPS!");
    out = stripped(a);

    assert_true(HOLDS(out, "ANMF\x1e\0\0\0................VP8L\5\0\0\0\x2fpixs\0"));
    assert_true(HOLDS(out, "EXIF\x1a\0\0\0" UP_ALONE("\x08")));
    assert_true(HOLDS(out, "ICCP\2\0\0\0ab") && HOLDS(out, "ANIM"));
    assert_false(HOLDS(out, "GPS") || HOLDS(out, "priv") || HOLDS(out, "XMP"));
    assert_int_equal(((const uint8_t *)out.data)[20], 0x2a); /* animation, EXIF, no XMP */
    assert_int_equal(((const uint8_t *)out.data)[4], out.size - 8);
    arena_free(a);
}

static void a_picture_that_has_nothing_else_stays_as_it_is(void **state)
{
    struct arena *a = arena_new(0);
    const struct bytes files[] = { png, gif };
    struct bytes out;

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        assert_true(picture_strip(a, files[i], &out));
        assert_int_equal(out.size, files[i].size);
        assert_memory_equal(out.data, files[i].data, out.size);
    }
    assert_false(picture_strip(a, (struct bytes){ "nothing", 7 }, &out));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_known_by_its_head_with_its_size),
        cmocka_unit_test(a_head_that_is_cut_off_anywhere_is_none),
        cmocka_unit_test(what_only_claims_to_be_one_is_none),
        cmocka_unit_test(a_picture_without_extent_is_none),
        cmocka_unit_test(a_jpeg_loses_all_but_its_pixels_colours_and_which_way_is_up),
        cmocka_unit_test(a_jpeg_hides_nothing_behind_a_marker_that_is_none),
        cmocka_unit_test(a_png_loses_texts_times_and_exif_but_which_way_is_up),
        cmocka_unit_test(a_gif_loses_comments_and_keeps_its_film),
        cmocka_unit_test(a_webp_loses_exif_xmp_and_what_nobody_knows),
        cmocka_unit_test(a_picture_that_has_nothing_else_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
