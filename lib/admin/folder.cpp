#include "admin/folder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "admin/limits.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"

namespace ferrotunnel::admin {

std::string folder_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? "." : std::string(path.substr(0, slash == 0 ? 1 : slash));
}

std::string name_in(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::optional<std::string> distrust_of_folder(const std::string& folder, uid_t user) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
        return errno == ENOENT
                   ? std::nullopt
                   : std::optional("cannot check " + in_quotes(folder) + ": " + std::generic_category().message(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        return in_quotes(folder) + " is not a folder";
    }
    if (status.st_uid != user) {
        return "the folder " + in_quotes(folder) + " belongs to user " + std::to_string(status.st_uid);
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return "other users can write to the folder " + in_quotes(folder);
    }
    return std::nullopt;
}

Found probe_path(const std::string& path, uid_t user) noexcept {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? Found::nothing : Found::foreign;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return Found::other;
    }
    if (status.st_uid != user) {
        return Found::foreign;
    }
    std::error_code error;
    const runtime::Fd connected = runtime::connect_unix(path, error);
    if (connected || error == std::errc::resource_unavailable_try_again) {
        return Found::live;
    }
    return error == std::errc::connection_refused          ? Found::dead
           : error == std::errc::no_such_file_or_directory ? Found::nothing
                                                           : Found::foreign;
}

FolderLock::FolderLock(const std::string& folder) noexcept
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    const TimePoint until = Clock::now() + limits::admin_folder_lock_timeout;
    while (folder_ && ::flock(folder_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK && Clock::now() < until) {
        (void)::poll(nullptr, 0, 5);
    }
}

}  // namespace ferrotunnel::admin
