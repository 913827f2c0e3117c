/*
 * Without libFuzzer a fuzz target is a test: it replays its corpus, seeds and past crashes alike
 */
#include <dirent.h>

#include "fuzz.h"

#define INPUT_MAX (1024u * 1024)

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

/* How many inputs a directory holds, or -errno. */
static int replay_directory(const char *path) {
        DIR *dir = opendir(path);
        int n = 0;

        if (!dir)
                return -errno;
        for (struct dirent *e; n >= 0 && (e = readdir(dir));) {
                auto_(free) char *input = textf("%s/%s", path, e->d_name);
                int r = e->d_name[0] == '.' ? 0 : input ? replay(input) : -ENOMEM;

                if (r < 0)
                        (void) fprintf(stderr, "%s: cannot be replayed\n", e->d_name);
                n = r < 0 ? r : n + (e->d_name[0] != '.');
        }
        (void) closedir(dir);
        return n;
}

int main(int argc, char **argv) {
        int total = 0;

        for (int i = 1; i < argc; i++) {
                int n = replay_directory(argv[i]);

                if (n <= 0) {
                        (void) fprintf(stderr, "%s: %s\n", argv[i], n ? strerror(-n) : "holds no input");
                        return 1;
                }
                total += n;
        }
        (void) printf("%d inputs\n", total);
        return total == 0;
}
