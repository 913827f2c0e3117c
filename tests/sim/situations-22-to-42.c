/*
 * Situations 22 to 42
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "situations.h"

const Situation situations_22_to_42[] = {
        { 0, NULL, NULL },
};
