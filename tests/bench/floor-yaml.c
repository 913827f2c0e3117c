/*
 * Floor: what libyaml needs to read the same files
 *
 * Opens every file of a tree and takes it through libyaml's event parser, without looking at a single event. Whoever reads
 * manifests through libyaml cannot be faster than this; how near maintd comes is the ratio that bench.py prints.
 *
 * usage: floor-yaml DIRECTORY          prints the number of files and events
 */
#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

static long parse_file(const char *path) {
        yaml_parser_t parser;
        yaml_event_t event;
        long events = 0;
        bool end = false;
        FILE *f = fopen(path, "re");

        if (!f)
                return -1;
        if (!yaml_parser_initialize(&parser)) {
                fclose(f);
                return -1;
        }
        yaml_parser_set_input_file(&parser, f);
        while (!end) {
                if (!yaml_parser_parse(&parser, &event)) {
                        events = -1;
                        break;
                }
                end = event.type == YAML_STREAM_END_EVENT;
                yaml_event_delete(&event);
                events++;
        }
        yaml_parser_delete(&parser);
        fclose(f);
        return events;
}

int main(int argc, char **argv) {
        char *roots[] = { argc == 2 ? argv[1] : NULL, NULL };
        long files = 0, events = 0;
        FTS *tree;

        if (!roots[0]) {
                fprintf(stderr, "usage: floor-yaml DIRECTORY\n");
                return 1;
        }
        tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
        if (!tree) {
                fprintf(stderr, "cannot open %s: %s\n", roots[0], strerror(errno));
                return 1;
        }
        for (FTSENT *e; (e = fts_read(tree));) {
                long n;

                if (e->fts_info != FTS_F)
                        continue;
                n = parse_file(e->fts_path);
                if (n < 0) {
                        fprintf(stderr, "cannot parse %s\n", e->fts_path);
                        fts_close(tree);
                        return 1;
                }
                files++;
                events += n;
        }
        fts_close(tree);
        printf("%ld files, %ld events\n", files, events);
        return 0;
}
