/*
 * Windows that are kept by maintd: whose manifest, by the marker in their external id
 */
#include "page/dashboard/managed.h"

#include <string.h>

#include "base/text.h"

#define PREFIX "maintd:"

bool managed_by(Arena *a, const char *external_id, Managed *ret) {
        const char *instance, *name, *end;

        if (!external_id || !text_starts(external_id, PREFIX))
                return false;
        instance = external_id + strlen(PREFIX);
        name = strchr(instance, ':');
        end = name ? strrchr(name, '#') : NULL;
        if (!end || name == instance || end == name + 1 || end[1] < '0' || end[1] > '9')
                return false;
        ret->instance = arena_strndup(a, instance, (size_t) (name - instance));
        ret->manifest = name[1] == '~' ? NULL : arena_strndup(a, name + 1, (size_t) (end - name - 1));
        return ret->instance && (name[1] == '~' || ret->manifest);
}
