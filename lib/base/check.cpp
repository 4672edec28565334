#include "base/check.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace ferrotunnel {
namespace {

#ifdef NDEBUG
std::atomic<bool> abort_on_bug{false};
#else
std::atomic<bool> abort_on_bug{true};
#endif

}  // namespace

void set_abort_on_bug(bool on) {
    abort_on_bug.store(on, std::memory_order_relaxed);
}

void report_bug(const char* what, const char* file, int line) {
    const std::string text = std::string("bug: violated: ") + what + " (" + file + ":" + std::to_string(line) + ")";
    if (abort_on_bug.load(std::memory_order_relaxed)) {
        std::fprintf(stderr, "%s\n", text.c_str());
        std::abort();
    }
    throw BugError(text);
}

}  // namespace ferrotunnel
