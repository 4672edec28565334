#include "plugin/loader.hpp"

#include <dlfcn.h>

#include <string_view>

#include "plugin/built_in.hpp"

namespace ferrotunnel::plugin {
namespace {

#ifdef FERROTUNNEL_STATIC
constexpr bool has_libraries = false;  // dlopen would end a static program if the system's C library is another one
#else
constexpr bool has_libraries = true;
#endif
constexpr const char* entry_name = "ferrotunnel_plugin_v1";

std::string last_error() {
    const char* const text = ::dlerror();
    return text != nullptr ? text : "unknown";
}

}  // namespace

Result<Loaded, std::string> load(const std::string& file) {
    if (file.starts_with(built_in_prefix)) {
        const ft_entry entry = built_in(std::string_view(file).substr(built_in_prefix.size()));
        return entry != nullptr ? Result<Loaded, std::string>(Loaded{entry}) : std::string("is not in this program");
    }
    if (!has_libraries) {
        return std::string(
            "cannot be loaded: this program is one static file, which loads no shared libraries and has the shipped "
            "plugins inside; use the program of a package, or one that was built on this system");
    }
    // With a slash, since dlopen would look up a bare name in the system's folders.
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
