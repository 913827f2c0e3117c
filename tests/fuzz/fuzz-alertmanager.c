/*
 * Alertmanager's answers, as a hostile server would give them: see fuzz-answer.h
 */
#include "fuzz-answer.h"

static const Target targets[] = {
        { .name = "t", .url = "http://127.0.0.1", .identity = "alertmanager http://127.0.0.1", .instance = "maintd",
          .driver = &driver_alertmanager },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        return fuzz_answer(targets, ARRAY_SIZE(targets), data, size);
}
