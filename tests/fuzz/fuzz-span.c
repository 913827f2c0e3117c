/*
 * Spans: what parses is within its bounds, and each of the two ways to write it says the same when it is read again
 */
#include "fuzz.h"

#include "base/limits.h"
#include "manifest/when.h"

static void check_exact(Span s) {
        char buf[SPAN_TEXT_SIZE];
        Span back;

        assert_always(span_parse(span_write(s, buf), &back) >= 0);
        assert_always(back.days == s.days && back.exact == s.exact);
}

static void check_shown(usec_t whole) {
        char full[SPAN_SIZE], brief[SPAN_SIZE];
        Span back, less;

        assert_always(fuzz_printable(span_format(whole, false, full)) && fuzz_printable(span_format(whole, true, brief)));
        assert_always(strncmp(full, brief, strlen(brief)) == 0); /* brief is its begin */
        if (whole > SPAN_DAYS_MAX * USEC_PER_DAY)
                return; /* days and hours together may be more than one can write */
        assert_always(span_parse(full, &back) >= 0 && span_usec(back) == whole);
        assert_always(span_parse(brief, &less) >= 0 && span_usec(less) <= whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        auto_(free) char *text = input_text(data, size);
        Span s;
        int r;

        assert_always(text);
        r = span_parse(text, &s);
        assert_always(r == 0 || r == -EINVAL || r == -EOPNOTSUPP || r == -ERANGE);
        if (r < 0)
                return 0;
        assert_always(s.days <= SPAN_DAYS_MAX && s.exact <= SPAN_DAYS_MAX * USEC_PER_DAY);
        check_exact(s);
        check_shown(span_usec(s));
        return 0;
}
