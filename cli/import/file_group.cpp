#include "file_group.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "../new_file.hpp"

namespace ferrotunnel::cli::importing {

FileGroup::FileGroup(const std::filesystem::path& folder) {
    make_folders(folder);
    hidden_ = (folder / ".ferrotunnel-import-XXXXXX").string();
    if (::mkdtemp(hidden_.data()) == nullptr) {
        const int error = errno;
        remove_folders();
        throw std::system_error(error, std::generic_category(), "cannot write into the folder " + folder.string());
    }
}

FileGroup::~FileGroup() {
    std::error_code ignored;
    if (!is_complete_) {
        for (std::size_t i = 0; i < named_; ++i) {
            std::filesystem::remove(paths_[i], ignored);
        }
    }
    std::filesystem::remove_all(hidden_, ignored);
    if (!is_complete_) {
        remove_folders();
    }
}

void FileGroup::add(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    write_new(hidden(paths_.size()), text, mode);
    paths_.push_back(path);
}

std::vector<std::string> FileGroup::give_names() {
    std::vector<std::string> names;
    for (; named_ < paths_.size(); ++named_) {
        rename_new(hidden(named_), paths_[named_]);
        names.push_back(paths_[named_].string());
    }
    is_complete_ = true;
    return names;
}

void FileGroup::make_folders(const std::filesystem::path& folder) {
    if (folder.empty()) {
        return;
    }
    for (std::filesystem::path missing = folder; !missing.empty() && !is_there(missing);
         missing = missing.parent_path()) {
        made_.push_back(missing);
    }
    std::ranges::reverse(made_);
    try {
        make_new_folder(folder);
    } catch (const std::system_error&) {
        remove_folders();
        throw;
    }
}

/// Only those that are empty: another program may have used them meanwhile.
void FileGroup::remove_folders() {
    std::error_code ignored;
    for (; !made_.empty(); made_.pop_back()) {
        std::filesystem::remove(made_.back(), ignored);
    }
}

}  // namespace ferrotunnel::cli::importing
