#pragma once
/*
 * What the fuzz targets share: an input taken apart, and a folder that leaves nothing behind
 */
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Survives NDEBUG. */
#define assert_always(x) ((x) ? (void) 0 : abort())

typedef struct Input {
        const uint8_t *p;
        size_t n;
} Input;

/* A new string of what may hold a NUL, and ends in none. (strndup() reads on by AddressSanitizer's strict reading.) */
static inline char *input_text(const void *data, size_t n) {
        size_t length = n ? strnlen(data, n) : 0;
        char *s = malloc(length + 1);

        assert_always(s);
        if (length)
                memcpy(s, data, length);
        s[length] = 0;
        return s;
}

static inline uint8_t input_byte(Input *in) {
        if (in->n == 0)
                return 0;
        in->n--;
        return *in->p++;
}

/* The next line without its newline: a new string, which ends at the first NUL. */
static inline char *input_line(Input *in) {
        const uint8_t *nl = in->n ? memchr(in->p, '\n', in->n) : NULL;
        size_t n = nl ? (size_t) (nl - in->p) : in->n;
        char *s = input_text(in->p, n);

        in->p += n + (nl != NULL);
        in->n -= n + (nl != NULL);
        return s;
}

/* All that is left, as a new string. */
static inline char *input_rest(Input *in) {
        char *s = input_text(in->p, in->n);

        in->p += in->n;
        in->n = 0;
        return s;
}

/* Fit for a terminal and a log line. */
static inline bool fuzz_printable(const char *s) {
        size_t left = strlen(s);
        uint32_t c;

        for (size_t n; left > 0; s += n, left -= n) {
                n = utf8_decode(s, left, &c);
                if (n == 0 || codepoint_hostile(c))
                        return false;
        }
        return true;
}

static char fuzz_folder_path[256];

static inline int fuzz_remove(const char *path, const struct stat *st, int type, struct FTW *where) {
        return remove(path);
}

static inline void fuzz_folder_remove(void) {
        (void) nftw(fuzz_folder_path, fuzz_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* A folder for this process below $TMPDIR, in memory if it can be. One that crashes leaves it to whoever runs us. */
static inline const char *fuzz_folder(void) {
        const char *dir = getenv("TMPDIR");

        if (fuzz_folder_path[0])
                return fuzz_folder_path;
        (void) snprintf(fuzz_folder_path, sizeof(fuzz_folder_path), "%s/maintd-fuzz-XXXXXX",
                        dir ? dir : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        assert_always(mkdtemp(fuzz_folder_path) && atexit(fuzz_folder_remove) == 0);
        return fuzz_folder_path;
}
