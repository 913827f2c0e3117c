/*
 * Situations: the list of smaller ones, as far as a world can show them
 */
#include "situations-kit.h"

const Situation smaller_situations[] = {
        { 0, NULL, NULL },
};
