#include "ferrotunnel/detail/whole_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

namespace ferrotunnel::detail {
namespace {

std::error_code last_error() {
    return {errno, std::generic_category()};
}

class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    int get() const noexcept { return number_; }

private:
    int number_;
};

// Random, so that no two writers use the same file: processes of two containers may have the same id.
std::filesystem::path name_beside(const std::filesystem::path& path) {
    std::uint64_t drawn = 0;
    if (::getrandom(&drawn, sizeof drawn, 0) != sizeof drawn) {
        drawn = static_cast<std::uint64_t>(::getpid());  // O_EXCL detects collisions
    }
    std::filesystem::path beside = path;
    beside += "." + std::to_string(drawn) + ".new";
    return beside;
}

std::error_code write_all(const std::filesystem::path& path, std::string_view text, const WholeFile& how) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, how.mode));
    if (file.get() < 0) {
        return last_error();
    }
    while (!text.empty()) {
        const ssize_t n = ::write(file.get(), text.data(), text.size());
        if (n < 0 && errno != EINTR) {
            return last_error();
        }
        text.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    constexpr auto same = static_cast<uid_t>(-1);
    if ((how.owner != same || how.group != same) && ::fchown(file.get(), how.owner, how.group) != 0) {
        return last_error();
    }
    return how.is_lasting && ::fsync(file.get()) != 0 ? last_error() : std::error_code();
}

// File systems without this rename have hard links, and those without hard links have the rename.
std::error_code name_if_first(const std::filesystem::path& beside, const std::filesystem::path& path) {
    if (::renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
        return {};
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return last_error();
    }
    const std::error_code error = ::link(beside.c_str(), path.c_str()) == 0 ? std::error_code() : last_error();
    (void)::unlink(beside.c_str());
    return error;
}

std::error_code give_name(const std::filesystem::path& beside, const std::filesystem::path& path, bool replaces) {
    if (!replaces) {
        return name_if_first(beside, path);
    }
    return ::rename(beside.c_str(), path.c_str()) == 0 ? std::error_code() : last_error();
}

// Makes the name survive a power failure, too. If that is not possible, the file still exists.
void keep_name(const std::filesystem::path& path) {
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() >= 0) {
        (void)::fsync(opened.get());
    }
}

}  // namespace

std::error_code write_whole_file(const std::filesystem::path& path, std::string_view text, const WholeFile& how) {
    const std::filesystem::path beside = name_beside(path);
    std::error_code error = write_all(beside, text, how);
    if (!error) {
        error = give_name(beside, path, how.replaces);
    }
    if (error) {
        (void)::unlink(beside.c_str());
    } else if (how.is_lasting) {
        keep_name(path);
    }
    return error;
}

}  // namespace ferrotunnel::detail
