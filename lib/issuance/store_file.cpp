#include "issuance/store_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ferrotunnel/detail/new_folder.hpp"
#include "ferrotunnel/detail/whole_file.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::issuance {
namespace {

std::string file_fault(const std::filesystem::path& path, const char* what, int error) {
    return path.string() + " " + what + ": " + std::generic_category().message(error);
}

// Root could write to it anyway.
bool is_of_this_user(const struct stat& about) {
    return about.st_uid == ::geteuid() || about.st_uid == 0;
}

Result<std::optional<std::string>, std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max,
                                                          bool has_key) {
    using Content = std::optional<std::string>;
    const runtime::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) {
        return errno == ENOENT ? Result<Content, std::string>(Content())
                               : Result<Content, std::string>(file_fault(path, "cannot be opened", errno));
    }
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) {
        return file_fault(path, "cannot be read", errno);
    }
    if (!S_ISREG(about.st_mode)) {
        return path.string() + " is not a file";
    }
    if (has_key && (!is_of_this_user(about) || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)) {
        return path.string() +
               " has a key, and can be read or changed by other users: make it yours, and run `chmod 600` on it, if "
               "you "
               "trust them";
    }
    if (about.st_size < 0 || static_cast<std::size_t>(about.st_size) > bytes_max) {
        return path.string() + " is longer than " + std::to_string(bytes_max) + " bytes";
    }
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + have, text.size() - have);
        if (got < 0 && errno != EINTR) {
            return file_fault(path, "cannot be read", errno);
        }
        if (got == 0) {
            break;
        }
        have += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    text.resize(have);
    return Content(std::move(text));
}

}  // namespace

Result<std::optional<std::string>, std::string> read_store_file(const std::filesystem::path& path,
                                                                std::size_t bytes_max) {
    return read_file(path, bytes_max, false);
}

Result<std::optional<std::string>, std::string> read_key_file(const std::filesystem::path& path,
                                                              std::size_t bytes_max) {
    return read_file(path, bytes_max, true);
}

std::string write_store_file(const std::filesystem::path& path, std::string_view text) {
    const std::error_code error = ferrotunnel::detail::write_whole_file(path, text, {.cleans = false});
    return error ? path.string() + " cannot be written: " + error.message() : std::string();
}

void remove_store_file(const std::filesystem::path& path) noexcept {
    (void)::unlink(path.c_str());
}

void make_own_folder(const std::filesystem::path& folder, std::string_view what) {
    const std::string name = std::string(what) + " " + folder.string();
    if (const std::error_code error = ferrotunnel::detail::make_folder(folder, 0700)) {
        throw std::system_error(error, name + " cannot be made");
    }
    struct stat about {};
    if (::lstat(folder.c_str(), &about) != 0) {
        throw std::system_error(errno, std::generic_category(), name + " cannot be examined");
    }
    if (!S_ISDIR(about.st_mode) || !is_of_this_user(about) || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                                name +
                                    " must be a folder, and not a link, of this user, which nobody else can write to; "
                                    "make it yours, and run `chmod go-w` on it");
    }
}

void remove_left_over_files(const std::filesystem::path& folder, std::filesystem::file_time_type before,
                            bool all) noexcept {
    std::error_code error;
    for (auto each = std::filesystem::directory_iterator(folder, error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        std::error_code ignored;
        const bool is_old = each->last_write_time(ignored) < before && !ignored;
        if (is_old && (all || !ferrotunnel::detail::left_over_of(each->path().filename().string()).empty())) {
            remove_store_file(each->path());
        }
    }
}

}  // namespace ferrotunnel::issuance
