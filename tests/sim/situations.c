/*
 * Situations: runs every row, and fails when a number has none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "situations.h"

static const Situation *const tables[] = { situations_1_to_21, situations_22_to_42, smaller_situations };

static void every_situation_has_a_row(void **state) {
        bool have[SITUATIONS + 1] = { false };

        for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
                for (const Situation *s = tables[t]; s->name; s++)
                        have[s->number] = true;
        for (unsigned n = 1; n <= SITUATIONS; n++)
                if (!have[n])
                        fail_msg("situation %u has no test", n);
}

/* An argument picks the rows of one number, or of some: situations 17, situations 1-21 */
int main(int argc, char **argv) {
        struct CMUnitTest tests[SITUATIONS * 8] = { { "every situation has a row", every_situation_has_a_row, NULL, NULL, NULL } };
        unsigned first = 0, last = SITUATIONS;
        int given = argc > 1 ? sscanf(argv[1], "%u-%u", &first, &last) : 0;
        size_t n = 1;

        if (given == 1)
                last = first;
        for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
                for (const Situation *s = tables[t]; s->name && n < ARRAY_SIZE(tests); s++)
                        if (s->number >= first && s->number <= last)
                                tests[n++] = (struct CMUnitTest) { s->name, s->run, NULL, NULL, NULL };
        return _cmocka_run_group_tests("situations", tests, n, NULL, NULL);
}
