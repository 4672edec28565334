#include "issuance/name_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

namespace ferrotunnel::issuance {

bool NameLock::acquire(const std::filesystem::path& file, std::string& fault) {
    fault.clear();
    runtime::Fd opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!opened) {
        fault = file.string() + " cannot be opened: " + std::generic_category().message(errno);
        return false;
    }
    if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            fault = file.string() + " cannot be locked: " + std::generic_category().message(errno);
        }
        return false;
    }
    file_ = std::move(opened);
    return true;
}

}  // namespace ferrotunnel::issuance
