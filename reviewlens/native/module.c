/* The extension as Python sees it: an empty module; the kernels are called through ctypes, which frees the lock. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_kernels", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernels(void)
{
    return PyModule_Create(&definition);
}

KERNEL int64_t kernels_version(void)
{
    return KERNELS_VERSION;
}
