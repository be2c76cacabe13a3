/* What kind of picture some bytes are. Heads written by hand from the formats' specifications. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_known_by_its_head_with_its_size),
        cmocka_unit_test(a_head_that_is_cut_off_anywhere_is_none),
        cmocka_unit_test(what_only_claims_to_be_one_is_none),
        cmocka_unit_test(a_picture_without_extent_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
