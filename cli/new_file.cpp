#include "new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "ferrotunnel/detail/new_folder.hpp"
#include "ferrotunnel/detail/whole_file.hpp"

namespace ferrotunnel::cli {

bool is_there(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

void write_new(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    if (const std::error_code error = detail::write_whole_file(path, text, {.mode = mode, .replaces = false})) {
        throw std::system_error(error, "cannot write " + path.string());
    }
}

void rename_new(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return;
    }
    int error = errno;
    if (error == EINVAL || error == ENOSYS) {  // file systems without this rename have hard links
        error = ::link(from.c_str(), to.c_str()) == 0 ? 0 : errno;
    }
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), "cannot write " + to.string());
    }
}

void make_new_folder(const std::filesystem::path& path, mode_t mode) {
    if (const std::error_code error = detail::make_folder(path, mode)) {
        throw std::system_error(error, "cannot create the folder " + path.string());
    }
}

}  // namespace ferrotunnel::cli
