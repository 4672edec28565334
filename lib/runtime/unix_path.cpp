#include "runtime/unix_path.hpp"

#include "base/text.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

std::string_view unix_path_fault(std::string_view path) noexcept {
    static_assert(unix_path_max == 107);
    if (!path.starts_with('/')) {
        return "is not a unix socket; expected its absolute path, like unix:/run/app.sock";
    }
    if (path.size() > unix_path_max) {
        return "has a path of more than 107 bytes";
    }
    return is_printable(path) ? std::string_view() : "has control characters";
}

}  // namespace ferrotunnel::runtime
