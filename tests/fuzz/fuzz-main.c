/*
 * Without libFuzzer a fuzz target is a test: it replays its corpus, seeds and past crashes alike
 */
#include <dirent.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define INPUT_MAX (1024u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path) {
        auto_(fclose) FILE *f = fopen(path, "re");
        auto_(free) char *whole = malloc(INPUT_MAX), *exact = NULL;
        size_t n;

        if (!f || !whole)
                return -errno;
        n = fread(whole, 1, INPUT_MAX, f);
        exact = realloc(whole, MAX(n, (size_t) 1)); /* so that a sanitizer sees what reads beyond the end */
        whole = NULL;
        if (!exact)
                return -ENOMEM;
        return LLVMFuzzerTestOneInput((const uint8_t *) exact, n);
}

int main(int argc, char **argv) {
        DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
        unsigned n = 0;

        if (!dir) {
                (void) fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
                return 1;
        }
        for (struct dirent *e; (e = readdir(dir));) {
                auto_(free) char *path = textf("%s/%s", argv[1], e->d_name);

                if (e->d_name[0] == '.')
                        continue;
                if (!path || replay(path) < 0) {
                        (void) fprintf(stderr, "%s: cannot be replayed\n", e->d_name);
                        return 1;
                }
                n++;
        }
        (void) closedir(dir);
        (void) printf("%u inputs\n", n);
        return n ? 0 : 1;
}
