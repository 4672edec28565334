// FERROTUNNEL_EXPORT marks what the shared library offers; everything else is hidden. Internal: applications need
// neither this macro nor any definition to use the library, static or shared.
#pragma once

#if defined(__GNUC__)
#define FERROTUNNEL_EXPORT __attribute__((visibility("default")))
#else
#define FERROTUNNEL_EXPORT
#endif
