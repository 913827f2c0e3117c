/*
 * How often a key may ask
 */
#include "page/limit.h"

#include <string.h>

typedef struct Round {
        int64_t key;
        usec_t end[LIMIT_CLASSES];      /* CLOCK_BOOTTIME; 0: none has begun */
        unsigned used[LIMIT_CLASSES];
} Round;

struct Limiter {
        unsigned allowance[LIMIT_CLASSES];
        Round *rounds;                  /* owned; one a key that has ever asked, so as many as there are keys */
        size_t n;
};

Limiter *limiter_new(unsigned reads, unsigned writes) {
        Limiter *l = calloc(1, sizeof(*l));

        if (l) {
                l->allowance[LIMIT_READ] = reads;
                l->allowance[LIMIT_WRITE] = writes;
        }
        return l;
}

Limiter *limiter_free(Limiter *l) {
        if (l)
                free(l->rounds);
        free(l);
        return NULL;
}

static Round *limiter_round(Limiter *l, int64_t key) {
        Round *grown;

        for (size_t i = 0; i < l->n; i++)
                if (l->rounds[i].key == key)
                        return &l->rounds[i];
        grown = reallocarray(l->rounds, l->n + 1, sizeof(*grown));
        if (!grown)
                return NULL;
        l->rounds = grown;
        l->rounds[l->n] = (Round) { .key = key };
        return &l->rounds[l->n++];
}

bool limiter_take(Limiter *l, int64_t key, LimitClass class, Now now, LimitState *ret) {
        const unsigned allowance = l->allowance[class];
        Round *round;
        bool granted;

        *ret = (LimitState) { allowance, allowance, usec_add(now.real, LIMIT_ROUND), 0 };
        if (allowance == 0 || key == 0)
                return true;
        round = limiter_round(l, key);
        if (!round)
                return true;    /* memory is out: the request will fail of that by itself */
        if (round->end[class] <= now.boot) {
                round->end[class] = usec_add(now.boot, LIMIT_ROUND);
                round->used[class] = 0;
        }
        granted = round->used[class] < allowance;
        if (granted)
                round->used[class]++;
        ret->remaining = allowance - round->used[class];
        ret->wait = round->end[class] - now.boot;
        ret->reset = usec_add(now.real, ret->wait);
        return granted;
}

static int allowance_parse(const char *text, char **ret_end, unsigned *ret) {
        unsigned long n;

        if (text[0] < '0' || text[0] > '9')
                return -EINVAL;
        n = strtoul(text, ret_end, 10);
        if (n == 0 || n > 1000000)
                return -EINVAL;
        *ret = (unsigned) n;
        return 0;
}

int limits_parse(const char *text, unsigned *ret_reads, unsigned *ret_writes) {
        unsigned reads = 0, writes = 0;
        char *end;

        if (strcmp(text, "off") != 0) {
                if (allowance_parse(text, &end, &reads) < 0 || *end != '/' || allowance_parse(end + 1, &end, &writes) < 0 || *end != '\0')
                        return -EINVAL;
        }
        *ret_reads = reads;
        *ret_writes = writes;
        return 0;
}
