#include "new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "ferrotunnel/detail/new_folder.hpp"

namespace ferrotunnel::cli {

bool is_there(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

void write_new(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
    const bool is_written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if ((file != nullptr && std::fclose(file) != 0) || !is_written) {
        throw std::system_error(errno, std::generic_category(), "can not write " + path.string());
    }
}

void make_new_folder(const std::filesystem::path& path, mode_t mode) {
    if (const std::error_code error = detail::make_folder(path, mode)) {
        throw std::system_error(error, "can not make the folder " + path.string());
    }
}

}  // namespace ferrotunnel::cli
