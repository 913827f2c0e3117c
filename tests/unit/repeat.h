#pragma once
/* Texts of any size, for tests of limits. Include after cmocka.h. */
#include <stdio.h>
#include <time.h>

static inline void put_unit(FILE *f, const char *unit, size_t k) {
        time_t day = 1798761600 + (time_t) k * 86400; /* 2027-01-01 */
        struct tm t;

        (void) gmtime_r(&day, &t);
        for (; *unit; unit++)
                if (*unit == '#')
                        (void) fprintf(f, "%zu", k + 1);
                else if (*unit == '@')
                        (void) fprintf(f, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
                else
                        (void) fputc(*unit, f);
}

/* @head, n times @unit (in which # is its number from 1, and @ a date of its own), @tail; owned by the caller. */
static inline char *text_of(const char *head, const char *unit, size_t n, const char *tail) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        (void) fputs(head, f);
        for (size_t k = 0; k < n; k++)
                put_unit(f, unit, k);
        (void) fputs(tail, f);
        assert_int_equal(fclose(f), 0);
        return text;
}
