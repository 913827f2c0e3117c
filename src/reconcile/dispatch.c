/*
 * Dispatch: token buckets and growing pauses
 */
#include "reconcile/dispatch.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define ONE UINT64_C(1000000)

void bucket_init(Bucket *b, unsigned per_min, usec_t boot) {
        *b = (Bucket) { .per_min = per_min, .credit = per_min * ONE, .at = boot };
}

static void refill(Bucket *b, usec_t boot) {
        usec_t passed = usec_sub(boot, b->at);

        b->at = MAX(boot, b->at);
        passed = MIN(passed, USEC_PER_MINUTE);
        /* per_min requests in 60 s: passed µs give passed * per_min / 60 millionths */
        b->credit = MIN(b->credit + passed * b->per_min / 60, b->per_min * ONE);
}

bool bucket_ready(Bucket *b, bool due, usec_t boot, usec_t *ret_when) {
        uint64_t need;

        if (boot < b->not_before) {
                *ret_when = b->not_before;
                return false;
        }
        if (b->per_min == 0)
                return true;
        refill(b, boot);
        need = ONE + (due ? 0 : b->per_min / 4 * ONE);
        if (b->credit >= need)
                return true;
        *ret_when = boot + ((need - b->credit) * 60 + b->per_min - 1) / b->per_min;
        return false;
}

void bucket_take(Bucket *b, usec_t boot) {
        if (b->per_min == 0)
                return;
        refill(b, boot);
        b->credit -= MIN(b->credit, ONE);
}

static bool number(const Response *r, const char *name, unsigned long long *ret) {
        const char *s = response_header(r, name);
        char *end;

        if (!s || *s < '0' || *s > '9')
                return false;
        errno = 0;
        *ret = strtoull(s, &end, 10);
        return errno == 0;
}

void bucket_told(Bucket *b, const Response *r, Now now) {
        unsigned long long limit, remaining, reset;

        /* A stricter limit than documented counts; a looser one does not make us faster than asked to be. */
        if (number(r, "x-ratelimit-limit", &limit) && limit > 0 && b->per_min > 0 && limit < b->per_min) {
                b->per_min = (unsigned) limit;
                refill(b, now.boot);
        }
        if (!number(r, "x-ratelimit-remaining", &remaining))
                return;
        if (b->per_min > 0 && remaining < b->per_min) {
                refill(b, now.boot);
                b->credit = MIN(b->credit, remaining * ONE);
        }
        if (remaining == 0 && number(r, "x-ratelimit-reset", &reset) && reset < USEC_LATEST / USEC_PER_SEC)
                bucket_wait(b, usec_sub(reset * USEC_PER_SEC, now.real), now.boot);
}

void bucket_wait(Bucket *b, usec_t wait, usec_t boot) {
        b->not_before = MAX(b->not_before, usec_add(boot, MIN(wait, WAIT_MAX)));
}

usec_t backoff(unsigned failures, usec_t first, usec_t max, uint64_t *seed) {
        usec_t pause = first;

        for (unsigned i = 1; i < failures && pause < max; i++)
                pause *= 2;
        pause = MIN(pause, max);
        *seed = hash_u64(*seed, failures);
        return pause * 3 / 4 + *seed % (pause / 2 + 1);
}
