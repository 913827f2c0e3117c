#include "ctl/child.h"

#include "base/text.h"

extern char **environ;

char **child_environment(void) {
        size_t n = 0;
        char **plain;

        while (environ[n])
                n++;
        plain = calloc(n + 1, sizeof(*plain));
        if (!plain)
                return NULL;
        n = 0;
        for (char **e = environ; *e; e++)
                if (!text_starts(*e, "MAINTD_"))
                        plain[n++] = *e;
        return plain;
}
