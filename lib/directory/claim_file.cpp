#include "directory/claim_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "ferrotunnel/detail/new_folder.hpp"
#include "ferrotunnel/detail/whole_file.hpp"

namespace ferrotunnel::directory {
namespace {

constexpr const char* file_name = "claims";
constexpr const char* lock_name = "claims.lock";

std::string reason(const char* what) {
    return std::string(what) + ": " + std::generic_category().message(errno);
}

// Removes files of a server that was killed while writing; only the owner of the lock writes any.
void remove_left_over(const std::filesystem::path& directory) {
    std::error_code error;
    for (auto each = std::filesystem::directory_iterator(directory, error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        const std::string name = each->path().filename().string();
        if (name.starts_with("claims.") && name.ends_with("new")) {
            (void)::unlink(each->path().c_str());
        }
    }
}

}  // namespace

ClaimFile::ClaimFile(std::filesystem::path directory) : directory_(std::move(directory)) {
    (void)ferrotunnel::detail::make_folder(directory_, 0700);  // write() reports failures
}

bool ClaimFile::own() {
    if (lock_) {
        return true;
    }
    const std::filesystem::path path = directory_ / lock_name;
    runtime::Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) {
        why_not_ = reason((path.string() + " cannot be opened").c_str());
        return false;
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        why_not_ = errno == EWOULDBLOCK ? "another server uses the same state directory"
                                        : reason((path.string() + " cannot be locked").c_str());
        return false;
    }
    why_not_.clear();
    lock_ = std::move(lock);
    remove_left_over(directory_);
    return true;
}

ClaimRecord ClaimFile::read() const {
    const std::filesystem::path path = directory_ / file_name;
    runtime::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode) ||
        static_cast<std::size_t>(about.st_size) > ClaimRecord::bytes_max) {
        return {};
    }
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + have, text.size() - have);
        if (got <= 0) {
            break;
        }
        have += static_cast<std::size_t>(got);
    }
    return read_claims(std::string_view(text).substr(0, have));
}

std::string ClaimFile::write(const ClaimRecord& record) {
    const std::string text = write_claims(record);
    if (text.size() > ClaimRecord::bytes_max) {
        return "there are too many claims";
    }
    const std::error_code error = ferrotunnel::detail::write_whole_file(directory_ / file_name, text, {});
    return error ? "the file cannot be written: " + error.message() : std::string();
}

}  // namespace ferrotunnel::directory
