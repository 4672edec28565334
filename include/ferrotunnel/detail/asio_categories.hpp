// Makes Asio's error categories visible across shared objects.
//
// Two error codes are equal when their categories are the same object. The library hides its symbols, so it would
// carry categories of its own and `ec == asio::error::eof` would be false in the application for an end of file that
// the library reports. This header is included before any other of Asio's when the library is compiled (cmake/
// settings.cmake), and by the public headers, so that applications that hide their symbols are served as well.
#pragma once

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif
#include <asio/error.hpp>
#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
