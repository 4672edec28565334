#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

// libstdc++ counts the references of an exception with atomics inside its shared object, which ThreadSanitizer does not
// see: an exception that a std::future carries from one thread to another, and that both let go of, looks like a race.
// The sanitizer's runtime looks for this name from its own shared object.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {  // called by the sanitizer's runtime, if there is one
    return "race:std::__exception_ptr::exception_ptr::_M_release\n";
}
