#include "plugin/loader.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "plugin/library.hpp"

namespace ferrotunnel::plugin {
namespace {

constexpr const char* entry_name = "ferrotunnel_plugin_v1";
constexpr std::string_view extension = ".so";

std::string last_error() {
    const char* const text = ::dlerror();
    return text != nullptr ? text : "unknown";
}

}  // namespace

Result<Loaded, std::string> load(const std::string& file) {
    // With a slash, since dlopen would look for a bare name in the system's folders.
    const std::string path = file.find('/') == std::string::npos ? "./" + file : file;
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return "can not be loaded: " + last_error();
    }
    void* const entry = ::dlsym(library, entry_name);
    if (entry == nullptr) {
        return std::string("is no plugin for this version: it has no function ") + entry_name;
    }
    return Loaded{reinterpret_cast<ft_entry>(entry)};
}

std::string shipped_folder() {
    const char* const said = std::getenv("FERROTUNNEL_PLUGINS");
    return said != nullptr && *said != '\0' ? said : FERROTUNNEL_PLUGIN_FOLDER;
}

std::vector<std::string> shipped_types() {
    std::vector<std::string> types;
    std::error_code error;
    for (std::filesystem::directory_iterator each(shipped_folder(), error), end; !error && each != end;
         each.increment(error)) {
        if (each->path().extension() == extension) {
            types.push_back(each->path().stem().string());
        }
    }
    std::sort(types.begin(), types.end());
    return types;
}

std::string shipped_file(std::string_view type) {
    return shipped_folder().append("/").append(type).append(extension);
}

bool is_shipped(std::string_view type) {
    std::error_code error;
    return is_type_name(type) && std::filesystem::exists(shipped_file(type), error);
}

}  // namespace ferrotunnel::plugin
