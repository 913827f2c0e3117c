/* Macros of libraries as cppcheck, which does not look into their headers, shall understand them. Never compiled. */
#define json_array_foreach(array, i, value) for ((i) = 0; (i) < json_array_size(array) && ((value) = json_array_get(array, i)); (i)++)
#define json_object_foreach(object, key, value) \
        for ((key) = key_first(object); (key) && ((value) = value_of(object, key)); (key) = key_after(object, key))
#define HASH_ITER(hh, head, element, next) for ((element) = (head), (next) = after(element); (element); (element) = (next), (next) = after(next))
#define HASH_FIND_STR(head, key, ret) ((ret) = find(head, key))
#define HASH_FIND_INT(head, key, ret) ((ret) = find(head, key))
#define HASH_FIND(hh, head, key, n, ret) ((ret) = find(head, key))
#define HASH_COUNT(head) count(head)
#define TAILQ_HEAD(name, type) struct name { struct type *first; }
#define TAILQ_ENTRY(type) struct { struct type *next; }
#define TAILQ_FOREACH(element, head, field) for ((element) = (head)->first; (element); (element) = (element)->field.next)
#define TAILQ_FIRST(head) ((head)->first)
#define LIST_HEAD(name, type) struct name { struct type *first; }
#define LIST_ENTRY(type) struct { struct type *next; }
#define LIST_FOREACH(element, head, field) for ((element) = (head)->first; (element); (element) = (element)->field.next)
#define LIST_FIRST(head) ((head)->first)
