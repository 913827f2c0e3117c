#pragma once
/*
 * Reading a descriptor whole
 */
#include <stddef.h>

/* Reads on until @size bytes are there or the end has come, over interrupts. *ret_n: bytes read. Return: 0, or -errno of read(2). */
int read_up_to(int fd, char *buf, size_t size, size_t *ret_n);
