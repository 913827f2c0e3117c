/*
 * Situations 1 to 21
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "situations.h"

const Situation situations_1_to_21[] = {
        { 0, NULL, NULL },
};
