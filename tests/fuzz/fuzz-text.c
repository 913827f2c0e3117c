/*
 * Text from outside: whatever it was, it is fit to be shown afterwards; and markers, which remotes give back to us
 */
#include "fuzz.h"

#include "model/model.h"

static void check_printable(const char *s, size_t max) {
        auto_(free) char *shown = text_printable(s, max), *again = shown ? text_printable(shown, max) : NULL;

        assert_always(shown && again && fuzz_printable(shown));
        assert_always(strcmp(again, shown) == 0);
        assert_always(max == 0 || utf8_length(shown, strlen(shown)) <= max);
}

static void check_marker(const char *text) {
        char buf[MARKER_SIZE], printed[KEY_SIZE];
        MarkerParts m, back;
        WindowKey key;

        if (marker_parse(text, &m) < 0)
                return;
        if (m.hashed)
                return; /* compared as text alone */
        assert_always(id_valid(m.manifest));
        key = (WindowKey) { m.manifest, m.occurrence };
        (void) marker_format(m.instance, key, m.generation, m.part, 0, buf);
        assert_always(marker_parse(buf, &back) == 0);
        assert_always(strcmp(back.manifest, m.manifest) == 0 && strcmp(back.occurrence, m.occurrence) == 0 && strcmp(back.part, m.part) == 0);
        assert_always(strcmp(back.instance, m.instance) == 0 && back.generation == m.generation && !back.hashed);
        assert_always(strlen(key_format(key, printed)) < KEY_SIZE);
        (void) marker_format(m.instance, key, m.generation, m.part, 64, buf);
        assert_always(marker_parse(buf, &back) == 0 && strcmp(back.instance, m.instance) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const words[] = { "maintenance", "services", "Europe/Berlin", NULL };
        auto_(free) char *text = NULL;
        Input in = { data, size };
        size_t max = input_byte(&in);

        text = input_rest(&in);
        check_printable(text, 0);
        check_printable(text, max);
        check_marker(text);
        if (size < 200) {
                assert_always(text_distance(text, text) == 0);
                assert_always(text_distance(text, words[0]) == text_distance(words[0], text));
                (void) text_nearest(text, words, ARRAY_SIZE(words) - 1);
        }
        return 0;
}
