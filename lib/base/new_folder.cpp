#include "ferrotunnel/detail/new_folder.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace ferrotunnel::detail {

std::error_code make_folder(const std::filesystem::path& folder, mode_t mode) {
    constexpr mode_t mode_above = 0755;
    if (!folder.has_filename() && folder.has_relative_path()) {
        return make_folder(folder.parent_path(), mode);  // "a/" is "a"
    }
    const auto make = [&folder, mode] { return ::mkdir(folder.c_str(), mode) == 0 ? 0 : errno; };
    int error = folder.empty() ? 0 : make();
    if (error == ENOENT && folder.has_parent_path()) {
        if (const std::error_code above = make_folder(folder.parent_path(), mode_above)) {
            return above;
        }
        error = make();
    }
    std::error_code ignored;
    if (error == 0 || std::filesystem::is_directory(folder, ignored)) {
        return {};
    }
    return {error, std::generic_category()};
}

}  // namespace ferrotunnel::detail
