// Secrets in a configuration: `file:PATH`, `env:NAME`, or the text itself.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/reader.hpp"

namespace ferrotunnel::config {

struct FileError {
    std::string text;  // "cannot read the file ..."
};

/// Access to secrets outside of the configuration file.
struct SecretSource {
    /// Returns the text of a file without trailing line ends, or the error. Empty: secrets cannot be in files.
    std::function<Result<std::string, FileError>(const std::string& path)> read_file{};
    /// Called for each secret in the configuration itself, which deserves a warning unless the value has variables. May
    /// be empty.
    std::function<void(const Value& value)> on_inline_secret{};
    /// Whether a file of that path exists, so that a text without file: was probably meant as its path. May be empty.
    std::function<bool(const std::string& path)> is_file{};
    std::string word = "secret";  // its name in problems
};

/// Returns the secret that a value refers to or contains. Problems never repeat a secret.
std::optional<std::string> read_secret(Value value, const SecretSource& source);

}  // namespace ferrotunnel::config
