// The plugins that are shipped with the program: which folder holds them, and what is in it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::plugin {

/// What decides where shipped plugins are.
struct ShippedSearch {
    std::string named;                ///< $FERROTUNNEL_PLUGINS; empty if it is not set
    std::filesystem::path program;    ///< the file of the running program
    std::filesystem::path installed;  ///< where the build installs them
};

/// The folder of the shipped plugins: the first one that exists of
///  1. the one that is named, which is the only one looked at then,
///  2. ../lib/ferrotunnel/plugins as seen from the program's folder,
///  3. plugins/modules beside the program, where a build leaves them,
///  4. the one where the build installs them.
/// Without any, it is the last one.
std::filesystem::path find_shipped(const ShippedSearch& search);

/// Why no plugin is loaded from `folder`: the path and the reason; empty if plugins may be loaded from it. Nobody but
/// its owner may write into it, who is root, the user of this process or the owner of `program`.
std::string shipped_fault(const std::filesystem::path& folder, const std::filesystem::path& program);

/// The folder as find_shipped() has it for this process. Any thread, as the functions below.
std::string shipped_folder();
/// What shipped_fault() says of it.
std::string shipped_fault();
/// The types that are built in (built_in.hpp), and behind them those in that folder, each in a file of its own; both in
/// the order of their names.
std::vector<std::string> shipped_types();

/// The file of a shipped type, or what loader.hpp takes for one that is built in.
struct ShippedFile {
    std::string path;
    bool is_there = false;
    std::string fault;  ///< why it cannot be used, as in "The plugin NAME is not installed"; empty if it can
};
ShippedFile shipped_file(std::string_view type);

}  // namespace ferrotunnel::plugin
