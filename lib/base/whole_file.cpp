#include "ferrotunnel/detail/whole_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view new_ending = ".new";
constexpr std::chrono::hours left_over_age{
    1};  // longer than a write takes, also to a file system that hangs for a while

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
    beside += "." + std::to_string(drawn);
    beside += new_ending;
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

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// Makes the name survive a power failure, too. If that is not possible, the file still exists.
void keep_name(const std::filesystem::path& path) {
    const Descriptor opened(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() >= 0) {
        (void)::fsync(opened.get());
    }
}

// It may hold a secret, or be a part of a file that was never in force.
void remove_left_over(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const auto before = std::filesystem::file_time_type::clock::now() - left_over_age;
    std::error_code error;
    for (auto each = std::filesystem::directory_iterator(folder_of(path), error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        std::error_code ignored;
        if (left_over_of(each->path().filename().string()) == name && each->last_write_time(ignored) < before &&
            !ignored) {
            (void)::unlink(each->path().c_str());
        }
    }
}

}  // namespace

std::string_view left_over_of(std::string_view name) noexcept {
    if (!name.ends_with(new_ending)) {
        return {};
    }
    name.remove_suffix(new_ending.size());
    const std::size_t dot = name.rfind('.');
    const bool is_numbered = dot != std::string_view::npos && dot + 1 < name.size() &&
                             name.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
    return is_numbered ? name.substr(0, dot) : std::string_view();
}

std::error_code write_whole_file(const std::filesystem::path& path, std::string_view text, const WholeFile& how) {
    if (how.cleans) {
        remove_left_over(path);
    }
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
