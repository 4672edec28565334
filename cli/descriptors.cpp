#include "descriptors.hpp"

#include <sys/resource.h>

namespace ferrotunnel::cli {

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);  // if it fails, there is room for fewer visitors, which is logged then
    }
}

}  // namespace ferrotunnel::cli
