#include "plugin/loader.hpp"

#include <dlfcn.h>

namespace ferrotunnel::plugin {
namespace {

constexpr const char* entry_name = "ferrotunnel_plugin_v1";

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
        return "cannot be loaded: " + last_error();
    }
    void* const entry = ::dlsym(library, entry_name);
    if (entry == nullptr) {
        return std::string("is not a plugin for this version: it has no function ") + entry_name;
    }
    return Loaded{reinterpret_cast<ft_entry>(entry)};
}

}  // namespace ferrotunnel::plugin
