#include "issuance/name_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace ferrotunnel::issuance {
namespace {

// False: its last holder has removed it, and there may be another file of this name.
bool is_present_file(const std::filesystem::path& path, int file) noexcept {
    struct stat opened {};
    struct stat present {};
    return ::fstat(file, &opened) == 0 && ::lstat(path.c_str(), &present) == 0 && opened.st_dev == present.st_dev &&
           opened.st_ino == present.st_ino;
}

std::string lock_fault(const std::filesystem::path& path, const char* what) {
    return path.string() + " cannot be " + what + ": " + std::generic_category().message(errno);
}

}  // namespace

bool NameLock::acquire(const std::filesystem::path& file, std::string& fault) {
    constexpr int attempts_max = 10;  // each one more means that another process has released the lock meanwhile
    release();
    fault.clear();
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        runtime::Fd opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!opened) {
            fault = lock_fault(file, "opened");
            return false;
        }
        if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
            fault = errno == EWOULDBLOCK ? std::string() : lock_fault(file, "locked");
            return false;
        }
        if (is_present_file(file, opened.get())) {
            path_ = file;
            file_ = std::move(opened);
            return true;
        }
    }
    return false;  // others use it
}

// The file is removed before it is unlocked: afterwards it may be another holder's, as it is if somebody removed ours.
void NameLock::release() noexcept {
    if (file_ && is_present_file(path_, file_.get())) {
        (void)::unlink(path_.c_str());
    }
    file_.reset();
}

}  // namespace ferrotunnel::issuance
