#include "runtime/system_random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace ferrotunnel::runtime {

void SystemRandom::fill(MutableBytes out) {
    while (!out.empty()) {
        ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            throw std::system_error(errno, std::system_category(), "getrandom");
        }
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

SystemRandom& system_random() noexcept {
    static SystemRandom instance;
    return instance;
}

}  // namespace ferrotunnel::runtime
