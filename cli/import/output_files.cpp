#include "output_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "../new_file.hpp"
#include "ferrotunnel/secret.hpp"
#include "file_group.hpp"
#include "writer.hpp"

namespace ferrotunnel::cli::importing {
namespace {

namespace fs = std::filesystem;

constexpr mode_t own_mode = 0600;  // a value may be a password of another kind, such as a header

constexpr std::string_view head_of_file =
    "# Made by `ferrotunnel import`. Comments name the line that a value comes from.\n"
    "# docs/configuration.md has every key.\n";

bool has_values(const Node& node) {
    return node.kind() != Node::Kind::empty && !node.children().empty();
}

bool is_written(const Secret& secret) {
    return secret.is_written && !secret.content.empty();
}

}  // namespace

OutputFiles::OutputFiles(Draft draft, const fs::path& output)
    : draft_(std::move(draft)), folder_(output.parent_path()) {
    const bool has_server = has_values(draft_.server);
    const bool has_client = has_values(draft_.client) || !has_server;
    if (!has_server || !has_client) {
        files_.push_back({output, has_server, has_client});
        return;
    }
    const std::string stem = output.stem().string();
    const std::string ending = output.extension().string();
    files_.push_back({folder_ / (stem + "-server" + ending), true, false});
    files_.push_back({folder_ / (stem + "-client" + ending), false, true});
}

std::string OutputFiles::text_of(const OutputFile& file, const std::string& secret_folder) const {
    return to_yaml(draft_, {file.has_server, file.has_client, std::string(head_of_file), secret_folder});
}

std::string OutputFiles::secrets_beside(const OutputFile& file) const {
    std::string names;
    for (const Secret& secret : draft_.secrets) {
        const bool is_used = (file.has_client && secret.on_client) || (file.has_server && secret.on_server);
        if (is_used && is_written(secret)) {
            names += ", " + path_of(secret).string();
        }
    }
    return names;
}

std::string OutputFiles::existing() const {
    for (const OutputFile& file : files_) {
        if (is_there(file.path)) {
            return file.path.string();
        }
    }
    for (const Secret& secret : draft_.secrets) {
        const bool has_name_of_file = std::ranges::find(files_, path_of(secret), &OutputFile::path) != files_.end();
        if (is_written(secret) && (has_name_of_file || is_there(path_of(secret)))) {
            return path_of(secret).string();
        }
    }
    return {};
}

std::vector<std::string> OutputFiles::write() const {
    FileGroup group(folder_);
    for (const Secret& secret : draft_.secrets) {
        if (is_written(secret)) {
            group.add(path_of(secret), secret.content + "\n", own_mode);
        }
    }
    for (const OutputFile& file : files_) {
        group.add(file.path, text_of(file, {}), own_mode);
    }
    return group.give_names();
}

fs::path OutputFiles::path_of(const Secret& secret) const {
    return folder_ / secret.name;
}

SecretCopies::SecretCopies(const Draft& draft) {
    std::error_code error;
    const fs::path parent = fs::temp_directory_path(error);
    if (error) {
        throw std::system_error(error, "cannot use the folder for temporary files (set TMPDIR to another one)");
    }
    folder_ = (parent / "ferrotunnel-import-XXXXXX").string();
    if (::mkdtemp(folder_.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), "cannot create a temporary folder");
    }
    for (const Secret& secret : draft.secrets) {
        const std::string content =
            secret.is_token ? std::string(::ferrotunnel::Secret::generate().reveal()) : secret.content;
        write_new(fs::path(folder_) / secret.name, content + "\n", own_mode);
    }
}

SecretCopies::~SecretCopies() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

}  // namespace ferrotunnel::cli::importing
