/*
 * Kodo's answers, as a hostile server would give them: see fuzz-answer.h
 */
#include "fuzz-answer.h"

static RemoteService remote[] = { { "service", "svc_1", "API", "Core" }, { "service", "svc_2", "Mail", NULL } };
static char *page_facts[] = { (char *) "product", (char *) "page", NULL };
static char *hosted_facts[] = { (char *) "product", (char *) "hosted", NULL };

#define TARGET(f, n) { .name = "t", .url = "http://127.0.0.1", .identity = "kodo http://127.0.0.1", .instance = "maintd", \
        .driver = &driver_kodo, .facts = (f), .n_facts = (n), .remote = remote, .n_remote = ARRAY_SIZE(remote) }
static const Target targets[] = { TARGET(page_facts, 1), TARGET(hosted_facts, 1), TARGET(NULL, 0) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        return fuzz_answer(targets, ARRAY_SIZE(targets), data, size);
}
