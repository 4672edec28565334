// Writes several new files that belong together: all of them or none.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli::importing {

/// Files that get their names when all of them are written. Until then they are in a folder beside them, which the
/// destructor removes, with the files and folders that are of no use without the others. Names that exist are never
/// replaced. A process that is killed may leave that folder, `.ferrotunnel-import-...`.
class FileGroup {
public:
    /// Makes the folder, with its missing parents. Everything throws std::system_error.
    explicit FileGroup(const std::filesystem::path& folder);
    ~FileGroup();
    FileGroup(const FileGroup&) = delete;
    FileGroup& operator=(const FileGroup&) = delete;

    /// Writes a file of this folder, for now under another name.
    void add(const std::filesystem::path& path, std::string_view text, mode_t mode);

    /// Gives all files their names, and returns them.
    std::vector<std::string> give_names();

private:
    std::filesystem::path hidden(std::size_t number) const {
        return std::filesystem::path(hidden_) / std::to_string(number);
    }
    void make_folders(const std::filesystem::path& folder);
    void remove_folders();

    std::vector<std::filesystem::path> made_;  // folders that were missing, outer ones first
    std::string hidden_;                       // the folder of files without their names
    std::vector<std::filesystem::path> paths_;
    std::size_t named_ = 0;  // of `paths_`
    bool is_complete_ = false;
};

}  // namespace ferrotunnel::cli::importing
