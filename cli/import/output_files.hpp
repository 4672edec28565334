// The files that an import writes: configurations, and a file for each secret.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "draft.hpp"

namespace ferrotunnel::cli::importing {

struct OutputFile {
    std::filesystem::path path;
    bool has_server = false;
    bool has_client = false;
};

/// A draft with the names of its files: one for the side that it has, or one for each of both.
class OutputFiles {
public:
    /// `output` is the path of the file; with both sides `-server` and `-client` are added to its name.
    OutputFiles(Draft draft, const std::filesystem::path& output);

    const Draft& draft() const { return draft_; }
    const std::vector<OutputFile>& files() const { return files_; }

    /// The text of a file, which refers to secrets in `secret_folder`; empty: beside the file.
    std::string text_of(const OutputFile& file, const std::string& secret_folder) const;

    /// The files of secrets that a file refers to, each after a comma.
    std::string secrets_beside(const OutputFile& file) const;

    /// The first file that is there already; empty if all can be written.
    std::string existing() const;

    /// Writes everything with mode 0600, and returns the names. Throws std::system_error; then nothing is written
    /// (file_group.hpp).
    std::vector<std::string> write() const;

private:
    std::filesystem::path path_of(const Secret& secret) const;

    Draft draft_;
    std::filesystem::path folder_;
    std::vector<OutputFile> files_;
};

/// The secrets of a draft in a temporary folder, to check the configuration before anything is written. Tokens are
/// replaced by other ones.
class SecretCopies {
public:
    explicit SecretCopies(const Draft& draft);
    ~SecretCopies();
    SecretCopies(const SecretCopies&) = delete;
    SecretCopies& operator=(const SecretCopies&) = delete;

    const std::string& folder() const { return folder_; }

private:
    std::string folder_;
};

}  // namespace ferrotunnel::cli::importing
