/*
 * Spans and instants: what parses is within its bounds and survives a round trip
 */
#include <string.h>

#include "base/instant.h"
#include "base/limits.h"

#define assert_always(x) do { if (!(x)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char text[256], buf[RFC3339_SIZE], out[SPAN_SIZE];
        usec_t t, again;
        Span s, back;

        if (size >= sizeof(text))
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        if (span_parse(text, &s) >= 0) {
                usec_t whole = span_usec(s);

                assert_always(s.days <= SPAN_DAYS_MAX && s.exact <= SPAN_DAYS_MAX * USEC_PER_DAY);
                if (whole <= SPAN_DAYS_MAX * USEC_PER_DAY)
                        assert_always(span_parse(span_format(whole, false, out), &back) >= 0 && span_usec(back) == whole);
        }
        if (rfc3339_parse(text, &t) >= 0) {
                assert_always(t <= USEC_LATEST + USEC_PER_SEC);
                if (t <= USEC_LATEST)
                        assert_always(rfc3339_parse(rfc3339_format(t, buf), &again) >= 0 && again == t);
        }
        return 0;
}
