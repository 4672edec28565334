#include "plugin/shipped.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <system_error>

#include "plugin/built_in.hpp"
#include "plugin/library.hpp"

namespace ferrotunnel::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view library_suffix = ".so";
// The system appends this to the path of a running program whose file was replaced.
constexpr std::string_view replaced_mark = " (deleted)";

fs::path this_program() {
    std::error_code error;
    std::string path = fs::read_symlink("/proc/self/exe", error).string();
    if (path.ends_with(replaced_mark)) {
        path.resize(path.size() - replaced_mark.size());
    }
    return path;
}

std::optional<struct stat> status_of(const fs::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

ShippedSearch this_process() {
    static const fs::path program = this_program();
    const char* const named = std::getenv("FERROTUNNEL_PLUGINS");
    return {named != nullptr ? named : "", program, FERROTUNNEL_PLUGIN_FOLDER};
}

}  // namespace

fs::path find_shipped(const ShippedSearch& search) {
    if (!search.named.empty()) {
        return search.named;
    }
    const fs::path beside = search.program.parent_path();
    std::error_code error;
    for (const fs::path& folder :
         {beside.parent_path() / "lib/ferrotunnel/plugins", beside / "plugins/modules", search.installed}) {
        if (fs::is_directory(folder, error)) {
            return folder;
        }
    }
    return search.installed;
}

std::string shipped_fault(const fs::path& folder, const fs::path& program) {
    const std::optional<struct stat> status = status_of(folder);
    if (!status) {
        return {};  // then it has no plugins
    }
    const std::optional<struct stat> owner = status_of(program);
    const bool is_trusted =
        status->st_uid == 0 || status->st_uid == ::geteuid() || (owner && status->st_uid == owner->st_uid);
    if (!is_trusted) {
        return folder.string() + " belongs to another user";
    }
    return (status->st_mode & (S_IWGRP | S_IWOTH)) == 0
               ? std::string()
               : "others may write into " + folder.string() + "; run chmod go-w on it";
}

std::string shipped_folder() {
    return find_shipped(this_process()).string();
}

std::string shipped_fault() {
    const ShippedSearch search = this_process();
    return shipped_fault(find_shipped(search), search.program);
}

std::vector<std::string> shipped_types() {
    std::vector<std::string> types = built_in_types();
    const auto built_in_end = static_cast<std::ptrdiff_t>(types.size());
    const ShippedSearch search = this_process();
    const fs::path folder = find_shipped(search);
    if (!shipped_fault(folder, search.program).empty()) {
        return types;
    }
    std::error_code error;
    for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
        if (each->path().extension() == library_suffix && built_in(each->path().stem().string()) == nullptr) {
            types.push_back(each->path().stem().string());
        }
    }
    std::sort(types.begin() + built_in_end, types.end());
    return types;
}

ShippedFile shipped_file(std::string_view type) {
    const ShippedSearch search = this_process();
    const fs::path folder = find_shipped(search);
    std::error_code error;
    ShippedFile file;
    if (built_in(type) != nullptr) {
        file.path = std::string(built_in_prefix).append(type);
        file.is_there = true;
        return file;
    }
    file.path = (folder / type).string().append(library_suffix);
    file.is_there = is_type_name(type) && fs::exists(file.path, error);
    if (!file.is_there) {
        file.fault = "is not installed";
    } else if (const std::string fault = shipped_fault(folder, search.program); !fault.empty()) {
        file.fault = "is not loaded: " + fault;
    }
    return file;
}

}  // namespace ferrotunnel::plugin
