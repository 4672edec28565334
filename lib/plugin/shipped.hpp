// Finds the plugins that are shipped with the program: their folder and its files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::plugin {

/// What determines the folder of the shipped plugins.
struct ShippedSearch {
    std::string named;                ///< $FERROTUNNEL_PLUGINS; empty if it is not set
    std::filesystem::path program;    ///< the file of the running program
    std::filesystem::path installed;  ///< where the build installs them
};

/// The folder of the shipped plugins: the first one that exists of
///  1. the named one; no other is then tried,
///  2. ../lib/ferrotunnel/plugins, relative to the program's folder,
///  3. plugins/modules beside the program, where a build puts them,
///  4. the one where the build installs them.
/// If none exists, it is the last one.
std::filesystem::path find_shipped(const ShippedSearch& search);

/// Why no plugin is loaded from `folder`: the path and the reason; empty if plugins may be loaded from it. Only its
/// owner may be able to write to it: root, the user of this process or the owner of `program`.
std::string shipped_fault(const std::filesystem::path& folder, const std::filesystem::path& program);

/// The result of find_shipped() for this process. Thread-safe, like the functions below.
std::string shipped_folder();
/// The result of shipped_fault() for this process.
std::string shipped_fault();
/// The built-in types (built_in.hpp), followed by those in that folder, each in a file of its own; both sorted by name.
std::vector<std::string> shipped_types();

/// The file of a shipped type, or the loader.hpp path of a built-in one.
struct ShippedFile {
    std::string path;
    bool is_there = false;
    std::string fault;  ///< why it cannot be used, as in "The plugin NAME is not installed"; empty if it can
};
ShippedFile shipped_file(std::string_view type);

}  // namespace ferrotunnel::plugin
