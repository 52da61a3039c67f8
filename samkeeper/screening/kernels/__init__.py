"""The inner loops: plain functions over pointers, compiled as `native` says. No kernel raises, allocates or imports."""
