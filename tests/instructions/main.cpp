// Runs one scenario, for `run` to count its instructions with callgrind.
//
//   instructions --list                            name, unit, units and description of each
//   instructions --toolchain                       what the counts depend on
//   instructions [--plant work|allocation|lock] NAME    prints the calls of operator new
//
// `--plant` puts a little more work, an allocation, or two locked instructions, into the path of every piece of data:
// it must be noticed.
#include <gnu/libc-version.h>

#include <atomic>
#include <cstdio>
#include <new>
#include <optional>
#include <string_view>

#include "instructions/measurement.hpp"
#include "instructions/scenarios.hpp"
#include "instructions/session_pair.hpp"

namespace {

using namespace ferrotunnel::instructions;

// About a tenth of what a frame costs.
void plant_work() {
    [[maybe_unused]] volatile int sink = 0;
    for (int i = 0; i < 60; ++i) {
        sink = i;
    }
}

void plant_lock() {
    static std::atomic<int> sink{0};
    sink.fetch_add(1);
    sink.fetch_add(1);
}

// Calls operator new by name, since the compiler may leave out a `new` expression whose memory nobody uses.
void plant_allocation() {
    ::operator delete(::operator new(1));
}

void count_no_copy(bool begins) {
    static std::optional<measurement::Uncounted> uncounted;
    if (begins) {
        uncounted.emplace();
    } else {
        uncounted.reset();
    }
}

int usage() {
    std::fputs("usage: instructions --list | --toolchain | [--plant work|allocation|lock] NAME\n", stderr);
    return 2;
}

}  // namespace

int main(int count, char** arguments) {
    if (count == 2 && std::string_view(arguments[1]) == "--list") {
        for (const Scenario& scenario : scenarios()) {
            std::printf("%s %s %llu %s\n", scenario.name.data(), scenario.unit.data(),
                        static_cast<unsigned long long>(scenario.units), scenario.what.data());
        }
        return 0;
    }
    if (count == 2 && std::string_view(arguments[1]) == "--toolchain") {
        std::printf("g++ %s; glibc %s; %s\n", __VERSION__, gnu_get_libc_version(), FERROTUNNEL_FLAGS);
        return 0;
    }
    hooks.kernel = count_no_copy;
    if (count == 4 && std::string_view(arguments[1]) == "--plant") {
        const std::string_view what(arguments[2]);
        hooks.item = what == "work" ? plant_work : what == "lock" ? plant_lock : plant_allocation;
    } else if (count != 2) {
        return usage();
    }
    for (const Scenario& scenario : scenarios()) {
        if (scenario.name == arguments[count - 1]) {
            scenario.run(scenario.units);
            std::printf("%llu\n", static_cast<unsigned long long>(measurement::allocations()));
            return 0;
        }
    }
    return usage();
}
